# The targets that GopherProxy has, each a call of what package.json says. Everything can be had without make too: `npm run` lists it.

.DEFAULT_GOAL := help
.PHONY: help up down build logs lint test tidy mock-backends clean k6-smoke k6-load k6-spike k6-sustained

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{ printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: ## start proxy, sentinel, Redis, Prometheus and Grafana with docker compose
	@npm run --silent up

down: ## stop them
	@npm run --silent down

build: ## make dist/sluice, one executable with its runtime in it
	@npm run --silent build

logs: ## follow the logs of proxy and sentinel
	@npm run --silent logs

lint: ## what the linter and the type checker say
	@npm run --silent lint

test: ## everything
	@npm test --silent

tidy: ## the rules of this house that no linter knows
	@npm run --silent tidy

mock-backends: ## three servers on ports 8081 to 8083
	@npm run --silent mock-backends

clean: ## stop the containers, and remove their data and what was built
	@npm run --silent clean

k6-smoke: ## load: 10 users for 30 seconds
	@npm run --silent load -- smoke

k6-load: ## load: up to 500 users, five minutes
	@npm run --silent load -- load

k6-spike: ## load: from 10 to 500 users within five seconds
	@npm run --silent load -- spike

k6-sustained: ## load: 200 users for five minutes
	@npm run --silent load -- sustained
