CREATE TABLE "subject_denial" (
	"vid" bigint PRIMARY KEY NOT NULL,
	"denied" bigint NOT NULL,
	"denied_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "subject_link" (
	"anonymous" bigint PRIMARY KEY NOT NULL,
	"vid" bigint NOT NULL,
	"device" bigint NOT NULL,
	"source" text NOT NULL,
	"linked_at" timestamp (3) with time zone NOT NULL,
	"unlinked_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "subject_merge" (
	"vid" bigint PRIMARY KEY NOT NULL,
	"into_vid" bigint NOT NULL,
	"merged_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "subject_person" (
	"subject" bigint PRIMARY KEY NOT NULL,
	"person" bigint NOT NULL,
	"denied" bigint NOT NULL,
	"version" bigint NOT NULL,
	"published_version" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX "subject_link_vid" ON "subject_link" USING btree ("vid","device");--> statement-breakpoint
CREATE INDEX "subject_merge_into" ON "subject_merge" USING btree ("into_vid");--> statement-breakpoint
CREATE INDEX "subject_person_person" ON "subject_person" USING btree ("person");--> statement-breakpoint
CREATE INDEX "subject_person_unpublished" ON "subject_person" USING btree ("version") WHERE version > published_version;