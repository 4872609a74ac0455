# The entry points of this repository: "make" lists them.

.DEFAULT_GOAL := help
.PHONY: help demo test lint e2e generate bench fuzz roundtrip clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Start a cluster, a database and the operator, and show what is missing; ONCE=1 ends after that
	@examples/demo

test: ## Run all tiers of tests; TIERS="lint unit" runs these only
	@tests/tiers $(TIERS)

lint: ## Check formatting, lints, dependencies and documentation
	@tests/tiers lint

e2e: ## Try the operator's image on a node with pods (as root)
	@tests/tiers e2e

generate: ## Write the generated files anew (CRDs, tables in the documentation)
	UPDATE_GENERATED=1 cargo test --locked --test generated

bench: ## Measure against the budgets
	@benches/run

fuzz: ## Fuzz the engine; MINUTES=10 for each target, TARGETS="split fold" runs these only
	@fuzz/run $(TARGETS)

roundtrip: ## Try thousands of random schemas on a real server; CASES=5000
	ROUND_TRIP_RANDOM=1 ROUND_TRIP_CASES=$(or $(CASES),5000) cargo test --locked --test postgres any_schema

clean: ## Remove what cargo built; what tests/ built or downloaded stays in ~/.cache/schema-audit
	cargo clean
