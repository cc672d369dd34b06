CREATE TABLE "email_proof" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"email" text NOT NULL,
	"network" text NOT NULL,
	"payload" text NOT NULL,
	"code" text NOT NULL,
	"attempts" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "viewer_attempt" (
	"subject" text PRIMARY KEY NOT NULL,
	"attempts" integer NOT NULL,
	"last_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "viewer_login" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"email" text NOT NULL,
	"email_sealed" text,
	"email_verified" boolean NOT NULL,
	"image" text,
	"service" text NOT NULL,
	"suspended_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "viewer_login_email_unique" UNIQUE("email")
);
--> statement-breakpoint
CREATE TABLE "viewer_session" (
	"id" uuid PRIMARY KEY NOT NULL,
	"viewer_id" uuid NOT NULL,
	"token" text NOT NULL,
	"token_sealed" text,
	"ip_address" text,
	"user_agent" text,
	"last_used_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "viewer_session_token_unique" UNIQUE("token")
);
--> statement-breakpoint
CREATE TABLE "viewer_sign_in_method" (
	"id" uuid PRIMARY KEY NOT NULL,
	"viewer_id" uuid NOT NULL,
	"provider_id" text NOT NULL,
	"account_id" text NOT NULL,
	"account_id_sealed" text,
	"password" text,
	"access_token" text,
	"refresh_token" text,
	"id_token" text,
	"scope" text,
	"access_token_expires_at" timestamp (3) with time zone,
	"refresh_token_expires_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "viewer_verification" (
	"id" uuid PRIMARY KEY NOT NULL,
	"identifier" text NOT NULL,
	"identifier_sealed" text,
	"value" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outgoing_letter" (
	"id" uuid PRIMARY KEY NOT NULL,
	"letter" text NOT NULL,
	"attempts" integer NOT NULL,
	"next_attempt_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "idempotency_key" ADD COLUMN "claimed_at" timestamp (3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "viewer_session" ADD CONSTRAINT "viewer_session_viewer_id_viewer_login_id_fk" FOREIGN KEY ("viewer_id") REFERENCES "public"."viewer_login"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "viewer_sign_in_method" ADD CONSTRAINT "viewer_sign_in_method_viewer_id_viewer_login_id_fk" FOREIGN KEY ("viewer_id") REFERENCES "public"."viewer_login"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "email_proof_email" ON "email_proof" USING btree ("email");--> statement-breakpoint
CREATE INDEX "email_proof_network" ON "email_proof" USING btree ("network");--> statement-breakpoint
CREATE INDEX "email_proof_created" ON "email_proof" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "viewer_session_viewer" ON "viewer_session" USING btree ("viewer_id");--> statement-breakpoint
CREATE INDEX "viewer_sign_in_method_viewer" ON "viewer_sign_in_method" USING btree ("viewer_id");--> statement-breakpoint
CREATE UNIQUE INDEX "viewer_sign_in_method_account" ON "viewer_sign_in_method" USING btree ("provider_id","account_id");--> statement-breakpoint
CREATE INDEX "viewer_verification_identifier" ON "viewer_verification" USING btree ("identifier");--> statement-breakpoint
CREATE INDEX "outgoing_letter_next" ON "outgoing_letter" USING btree ("next_attempt_at");