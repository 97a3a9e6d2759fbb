// Every read looks at the version of the schema, too.

CREATE CONSTRAINT voltrace_schema_name IF NOT EXISTS FOR (s:Schema) REQUIRE s.name IS UNIQUE;
