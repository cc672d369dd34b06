CREATE TABLE "app" (
	"id" text PRIMARY KEY NOT NULL,
	"service" text NOT NULL,
	"name" text NOT NULL,
	"platform" text NOT NULL,
	"default_purposes" text[] NOT NULL,
	"trust_client_identify" boolean NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "external_id" (
	"service" text NOT NULL,
	"lookup" text NOT NULL,
	"vid" bigint NOT NULL,
	"value" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "external_id_service_lookup_pk" PRIMARY KEY("service","lookup")
);
--> statement-breakpoint
CREATE TABLE "identify_claim" (
	"id" uuid PRIMARY KEY NOT NULL,
	"app" text NOT NULL,
	"device" bigint NOT NULL,
	"lookup" text NOT NULL,
	"claim" text NOT NULL,
	"claimed_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "service" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"time_zone" text NOT NULL,
	"local_country" text NOT NULL,
	"language" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "service_revision" (
	"id" smallint PRIMARY KEY NOT NULL,
	"revision" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "viewer" (
	"id" uuid PRIMARY KEY NOT NULL,
	"service" text NOT NULL,
	"registered_at" timestamp (3) with time zone NOT NULL,
	"gender" text NOT NULL,
	"age_at_registration" smallint,
	"country" text NOT NULL,
	"region" text NOT NULL,
	"city" text NOT NULL,
	"name" text,
	"first_name" text,
	"last_name" text,
	"birth_date" text,
	"email" text,
	"email_lookup" text,
	"phone" text,
	"traits" text,
	"stated_at" jsonb NOT NULL,
	"consent_mask" bigint NOT NULL,
	"source" text NOT NULL,
	"version" bigint NOT NULL,
	"published_version" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "viewer_subject" (
	"viewer_id" uuid PRIMARY KEY NOT NULL,
	"vid" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "viewer_token_secret" (
	"id" uuid PRIMARY KEY NOT NULL,
	"app" text NOT NULL,
	"secret" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"revoked_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "write_key" (
	"id" uuid PRIMARY KEY NOT NULL,
	"app" text NOT NULL,
	"kind" text NOT NULL,
	"label" text NOT NULL,
	"prefix" text NOT NULL,
	"hash" text NOT NULL,
	"readable_key" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"revoked_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "catalogue_change" (
	"id" smallint PRIMARY KEY NOT NULL,
	"counter" bigint NOT NULL,
	CONSTRAINT "catalogue_change_is_one_row" CHECK ("catalogue_change"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE "catalogue_credit" (
	"item_id" text NOT NULL,
	"position" smallint NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"character" text,
	CONSTRAINT "catalogue_credit_item_id_position_pk" PRIMARY KEY("item_id","position")
);
--> statement-breakpoint
CREATE TABLE "catalogue_item" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"parent_id" text,
	"number" integer,
	"name" text NOT NULL,
	"original_name" text,
	"synopsis" text,
	"language" text,
	"release_date" date,
	"release_year" smallint,
	"duration_ms" bigint,
	"credits_start_ms" bigint,
	"age_scheme" text,
	"age_value" text,
	"age_minimum" smallint,
	"categories" text[] NOT NULL,
	"keywords" text[] NOT NULL,
	"rights_mode" text,
	"rights_countries" text[] NOT NULL,
	"images" jsonb NOT NULL,
	"external_ids" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	"change" bigint NOT NULL,
	CONSTRAINT "catalogue_item_kind" CHECK ("catalogue_item"."kind" in ('movie', 'series', 'season', 'episode', 'audio', 'channel')),
	CONSTRAINT "catalogue_item_parent_kind" CHECK ("catalogue_item"."parent_id" is null or "catalogue_item"."kind" in ('season', 'episode'))
);
--> statement-breakpoint
CREATE TABLE "catalogue_text" (
	"item_id" text NOT NULL,
	"language" text NOT NULL,
	"name" text,
	"synopsis" text,
	CONSTRAINT "catalogue_text_item_id_language_pk" PRIMARY KEY("item_id","language")
);
--> statement-breakpoint
CREATE TABLE "catalogue_window" (
	"item_id" text NOT NULL,
	"position" smallint NOT NULL,
	"starts_at" timestamp (3) with time zone,
	"ends_at" timestamp (3) with time zone,
	"platform" text,
	CONSTRAINT "catalogue_window_item_id_position_pk" PRIMARY KEY("item_id","position"),
	CONSTRAINT "catalogue_window_order" CHECK ("catalogue_window"."starts_at" is null or "catalogue_window"."ends_at" is null or "catalogue_window"."starts_at" < "catalogue_window"."ends_at")
);
--> statement-breakpoint
CREATE TABLE "api_key" (
	"id" uuid PRIMARY KEY NOT NULL,
	"label" text NOT NULL,
	"secret_hash" text NOT NULL,
	"ending" text NOT NULL,
	"rights" text[] NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"last_used_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	CONSTRAINT "api_key_secret_hash_unique" UNIQUE("secret_hash")
);
--> statement-breakpoint
CREATE TABLE "audit_entry" (
	"id" uuid PRIMARY KEY NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"actor_kind" text NOT NULL,
	"actor_id" text NOT NULL,
	"action" text NOT NULL,
	"object" text NOT NULL,
	"details" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "operator" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"email" text NOT NULL,
	"email_sealed" text,
	"email_verified" boolean NOT NULL,
	"image" text,
	"role" text NOT NULL,
	"disabled_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "operator_email_unique" UNIQUE("email")
);
--> statement-breakpoint
CREATE TABLE "operator_account" (
	"id" uuid PRIMARY KEY NOT NULL,
	"operator_id" uuid NOT NULL,
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
CREATE TABLE "operator_attempt" (
	"subject" text PRIMARY KEY NOT NULL,
	"attempts" integer NOT NULL,
	"last_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "operator_link" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"token_hash" text NOT NULL,
	"email_sealed" text,
	"role" text,
	"operator_id" uuid,
	"created_by" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"used_at" timestamp (3) with time zone,
	CONSTRAINT "operator_link_token_hash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "operator_session" (
	"id" uuid PRIMARY KEY NOT NULL,
	"operator_id" uuid NOT NULL,
	"token" text NOT NULL,
	"token_sealed" text,
	"ip_address" text,
	"user_agent" text,
	"last_used_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "operator_session_token_unique" UNIQUE("token")
);
--> statement-breakpoint
CREATE TABLE "operator_verification" (
	"id" uuid PRIMARY KEY NOT NULL,
	"identifier" text NOT NULL,
	"identifier_sealed" text,
	"value" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "idempotency_key" (
	"actor" text NOT NULL,
	"key" text NOT NULL,
	"request_hash" text NOT NULL,
	"status" integer,
	"content_type" text,
	"body" text,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "idempotency_key_actor_key_pk" PRIMARY KEY("actor","key")
);
--> statement-breakpoint
CREATE TABLE "vault_claim" (
	"lookup" text PRIMARY KEY NOT NULL,
	"owner" text NOT NULL,
	"column_name" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "vault_key" (
	"owner" text PRIMARY KEY NOT NULL,
	"wrapped" text NOT NULL,
	"epoch" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "app" ADD CONSTRAINT "app_service_service_id_fk" FOREIGN KEY ("service") REFERENCES "public"."service"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "external_id" ADD CONSTRAINT "external_id_service_service_id_fk" FOREIGN KEY ("service") REFERENCES "public"."service"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "identify_claim" ADD CONSTRAINT "identify_claim_app_app_id_fk" FOREIGN KEY ("app") REFERENCES "public"."app"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "viewer" ADD CONSTRAINT "viewer_service_service_id_fk" FOREIGN KEY ("service") REFERENCES "public"."service"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "viewer_subject" ADD CONSTRAINT "viewer_subject_viewer_id_viewer_id_fk" FOREIGN KEY ("viewer_id") REFERENCES "public"."viewer"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "viewer_token_secret" ADD CONSTRAINT "viewer_token_secret_app_app_id_fk" FOREIGN KEY ("app") REFERENCES "public"."app"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "write_key" ADD CONSTRAINT "write_key_app_app_id_fk" FOREIGN KEY ("app") REFERENCES "public"."app"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalogue_credit" ADD CONSTRAINT "catalogue_credit_item_id_catalogue_item_id_fk" FOREIGN KEY ("item_id") REFERENCES "public"."catalogue_item"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalogue_item" ADD CONSTRAINT "catalogue_item_parent" FOREIGN KEY ("parent_id") REFERENCES "public"."catalogue_item"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalogue_text" ADD CONSTRAINT "catalogue_text_item_id_catalogue_item_id_fk" FOREIGN KEY ("item_id") REFERENCES "public"."catalogue_item"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalogue_window" ADD CONSTRAINT "catalogue_window_item_id_catalogue_item_id_fk" FOREIGN KEY ("item_id") REFERENCES "public"."catalogue_item"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "operator_account" ADD CONSTRAINT "operator_account_operator_id_operator_id_fk" FOREIGN KEY ("operator_id") REFERENCES "public"."operator"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "operator_link" ADD CONSTRAINT "operator_link_operator_id_operator_id_fk" FOREIGN KEY ("operator_id") REFERENCES "public"."operator"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "operator_session" ADD CONSTRAINT "operator_session_operator_id_operator_id_fk" FOREIGN KEY ("operator_id") REFERENCES "public"."operator"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "app_service" ON "app" USING btree ("service");--> statement-breakpoint
CREATE INDEX "external_id_vid" ON "external_id" USING btree ("vid");--> statement-breakpoint
CREATE UNIQUE INDEX "identify_claim_device_lookup" ON "identify_claim" USING btree ("device","app","lookup");--> statement-breakpoint
CREATE INDEX "identify_claim_expiry" ON "identify_claim" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "viewer_unpublished" ON "viewer" USING btree ("version") WHERE version > published_version;--> statement-breakpoint
CREATE INDEX "viewer_email_lookup" ON "viewer" USING btree ("email_lookup") WHERE email_lookup is not null;--> statement-breakpoint
CREATE INDEX "viewer_service" ON "viewer" USING btree ("service");--> statement-breakpoint
CREATE UNIQUE INDEX "viewer_subject_vid" ON "viewer_subject" USING btree ("vid");--> statement-breakpoint
CREATE INDEX "viewer_token_secret_app" ON "viewer_token_secret" USING btree ("app");--> statement-breakpoint
CREATE UNIQUE INDEX "write_key_hash" ON "write_key" USING btree ("hash");--> statement-breakpoint
CREATE INDEX "write_key_app" ON "write_key" USING btree ("app");--> statement-breakpoint
CREATE INDEX "catalogue_credit_by_name" ON "catalogue_credit" USING btree ("name","item_id");--> statement-breakpoint
CREATE INDEX "catalogue_item_by_name" ON "catalogue_item" USING btree ("name","id");--> statement-breakpoint
CREATE INDEX "catalogue_item_by_parent" ON "catalogue_item" USING btree ("parent_id","number");--> statement-breakpoint
CREATE INDEX "catalogue_item_by_change" ON "catalogue_item" USING btree ("change");--> statement-breakpoint
CREATE INDEX "catalogue_item_by_category" ON "catalogue_item" USING gin ("categories");--> statement-breakpoint
CREATE INDEX "audit_entry_object" ON "audit_entry" USING btree ("object");--> statement-breakpoint
CREATE INDEX "audit_entry_actor" ON "audit_entry" USING btree ("actor_id");--> statement-breakpoint
CREATE INDEX "operator_account_operator" ON "operator_account" USING btree ("operator_id");--> statement-breakpoint
CREATE UNIQUE INDEX "operator_account_provider" ON "operator_account" USING btree ("provider_id","account_id");--> statement-breakpoint
CREATE INDEX "operator_session_operator" ON "operator_session" USING btree ("operator_id");--> statement-breakpoint
CREATE INDEX "operator_verification_identifier" ON "operator_verification" USING btree ("identifier");--> statement-breakpoint
CREATE INDEX "vault_claim_owner" ON "vault_claim" USING btree ("owner");