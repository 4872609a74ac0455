//! The names that PostgreSQL makes up: of constraints, indexes and sequences that the SQL does not name.
