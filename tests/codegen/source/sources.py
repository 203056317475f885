"""A whole, valid file of each language, with what is new and odd in it."""

PYTHON = '''"""Tells which loans are overdue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol, overload

__all__ = ["Loan", "overdue"]


class Clock(Protocol):
    """Says what day it is."""

    def today(self) -> int: ...


@dataclass(frozen=True)
class Loan:
    """Something lent."""

    tool: str
    due: int = 0
    tags: list[str] = field(default_factory=list)

    @property
    def late(self) -> bool:
        """Whether it should be back: `{due}` days."""
        return self.due < 0 and not re.match(r"\\d+(\\s|$)", self.tool)


class LoanError(Exception):
    """Nothing can be lent."""


@overload
def overdue(loans: list[Loan]) -> list[Loan]: ...
@overload
def overdue(loans: Loan) -> bool: ...
def overdue(loans):  # type: ignore[no-untyped-def]
    """Say which are overdue."""
    match loans:
        case Loan(due=due) if due < 0:
            return True
        case [*many]:
            return [loan for loan in many if (late := loan.late)]
        case _:
            return False


@asynccontextmanager
async def opened(path: str, /, *, mode: str = "r") -> Iterator[str]:
    """Open it."""
    async with opened(path) as inner, opened(f"{path!r:>{10}}") as other:
        yield f"{inner}{other}"
'''

TYPESCRIPT = """import type { Request, Response } from "express";
import express, { type Router } from "express";
import { readFile } from "node:fs/promises";
import data from "./data.json" with { type: "json" };

export interface Loan<in out T = string> {
  readonly id: T;
  due?: Date;
  [key: string]: unknown;
}

export type Handler = (req: Request, res: Response) => Promise<void>;
export enum State { Open = "open", Closed = "closed" }
type Config = import("vite").UserConfig;

abstract class Base<const T> {
  static #count = 0;
  declare name: string;
  constructor(protected readonly loans: Map<string, T>) {}
  abstract find(id: string): T | undefined;
  static { Base.#count++; }
  get size(): number { return this.loans.size ?? 0; }
}

export class Store extends Base<Loan> {
  override find(id: string): Loan | undefined {
    return this.loans.get(id) satisfies Loan | undefined;
  }
}

export const list = async (limit = 10, ...tags: string[]): Promise<Loan[]> => {
  const text = await readFile(`${limit}-${tags.map((tag) => `<${tag}>`).join("/")}`, "utf8");
  label: for (const [key, value] of Object.entries(data)) {
    if (/[{}"']+\\//u.test(key)) continue label;
    using handle = value as any;
  }
  return JSON.parse(text)?.loans!;
};

export function assertLoan(value: unknown): asserts value is Loan {
  if (typeof value !== "object") throw new TypeError(`no loan: ${String(value)}`);
}

export default function router(): Router {
  return express.Router();
}
"""

JAVASCRIPT = """#!/usr/bin/env node
'use strict';

const express = require('express');
const { join, resolve: absolute } = require('node:path');
const { requireUser } = require('./auth');

const app = express();
app.get('/health', (_req, res) => res.json({ ok: true }));
app.use('/loans', requireUser, async (req, res, next) => {
  try {
    const page = Number(req.query.page ?? 1) || 1;
    res.json(await import('./loans.mjs').then(({ list }) => list(page)));
  } catch (error) {
    next(error);
  }
});

function start(port = 3000) {
  return app.listen(port, () => console.log(`on ${port} in ${join(absolute('.'), 'x')}`));
}

module.exports = { app, start };
"""

JSX = """import { useEffect, useState } from 'react';

export const Badge = ({ label, ...rest }) => <span className="badge" {...rest}>{label}</span>;

export default function LoanList({ loans = [], onOpen }) {
  const [open, setOpen] = useState(null);
  useEffect(() => {
    onOpen?.(open);
  }, [open]);
  return (
    <>
      {loans.length === 0 && <p>Nothing&nbsp;lent.</p>}
      <ul>
        {loans.map((loan) => (
          <li key={loan.id} onClick={() => setOpen(loan.id)}>
            <Badge label={`${loan.tool} < ${loan.due}`} />
          </li>
        ))}
      </ul>
    </>
  );
}
"""

SVELTE = """<script module lang="ts">
  export const columns = ["tool", "due"] as const;
</script>

<script lang="ts">
  import { page } from '$app/state';
  import Badge from '$lib/Badge.svelte';
  import { list } from '$lib/loans';
  import type { Snippet } from 'svelte';

  let { loans = [], title, children }: { loans: string[]; title: string; children?: Snippet } =
    $props();
  let count = $derived(loans.length);
</script>

<svelte:head><title>{title}</title></svelte:head>

<!-- it's a list: {not code} -->
{#if count > 0 && title !== '}'}
  <ul class:many={count > 3}>
    {#each loans as loan, number (loan)}
      {@const shown = `${number}: ${loan}`}
      <li onclick={() => list({ loan })}>{shown} <Badge label="a > b" /><br></li>
    {:else}
      <li>none
    {/each}
  </ul>
{:else if page.url}
  <p>Don't worry.
{/if}
{#await list() then found}{found.length}{/await}
{@render children?.()}

<style lang="scss">
  ul { li { color: red; } }
</style>
"""

HTML = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <link rel="stylesheet" href="css/site.css">
    <title>Loans</title>
  </head>
  <body>
    <p>One<p>Two &amp; three
    <input disabled value='a > b'>
    <script type="module" src="./app.js?v=1"></script>
    <script>if (1 < 2) { document.title = "</p>"; }</script>
  </body>
</html>
"""

CSS = """@import url("base.css");
:root { --gap: 1rem; }
.list > li:not(:first-child)::before { content: "}"; margin: calc(var(--gap) * 2) /* half */; }
.card { color: red; &:hover { color: oklch(0.7 0.1 200); } .title { font-weight: 600; } }
@media (width >= 600px) and (hover) { .list { display: grid; inset: 0; } }
@layer base, theme;
@container side (min-width: 400px) { a { background: url(data:image/png;base64,iVBOR=); } }
"""

SCSS = """@use "sass:math";
@use 'variables' as *;
$size: 10px !default; // the base
@mixin wide($by: 2) { width: math.div($size, $by) * 1%; }
.a { @include wide(3); &__b { color: darken(red, 10%); #{$prop}: 1px; } }
"""

SQL = """-- Loans, it's the first table.
CREATE TABLE loans (
    id INTEGER PRIMARY KEY,
    tool TEXT NOT NULL CHECK (tool <> ''),
    due DATE DEFAULT CURRENT_DATE
);
CREATE INDEX loans_due ON loans (due);
INSERT INTO loans (tool) VALUES ('drill; it''s new'), ('saw');
SELECT tool, count(*) FROM loans WHERE due < '2025-01-01' GROUP BY tool HAVING count(*) > 1;
"""

JSON = '{"name": "loans", "scripts": {"test": "node --test"}, "files": [1, -2.5e3, true, null]}\n'

YAML = """# CI
on: [push, pull_request]
x-common: &common
  image: "python:3.12"
jobs:
  test:
    <<: *common
    run: |
      echo "a: b" ```
    tags: !Sub ${AWS::Region}
---
second: document
"""

TOML = """[project]
name = "loans"
dependencies = ["fastapi>=0.1", 'uvicorn[standard]']

[[tool.list]]
at = 2025-01-01T00:00:00Z
text = '''
```
'''
"""

MARKDOWN = """# Loans

Here is how it works:

````markdown
```sh
make run
```
````

```python
def f():
    ...  # rest of the code
```
"""

DOCKERFILE = """# syntax=docker/dockerfile:1
FROM python:3.12-slim AS base
ARG VERSION=1
RUN --mount=type=cache,target=/root/.cache \\
    apt-get update && \\
    rm -rf /var/lib/apt/lists/*
COPY --from=base --chown=app:app . /app
USER app
HEALTHCHECK CMD ["python", "-c", "print(1)"]
CMD ["uvicorn", "app.main:app", "--host", "0.0.0.0"]
"""

GO = """// Package store keeps loans.
package store

import (
	"context"
	"fmt"

	"example.com/loans/internal/model"
	chi "github.com/go-chi/chi/v5"
)

const (
	Limit = 10
	first = iota
)

// Store keeps loans.
type Store[T any] struct {
	Loans map[string]T
	mu    int
}

// Finder finds.
type Finder interface {
	Find(ctx context.Context, id string) (*model.Loan, error)
}

// New makes a store.
func New[T any](size int, tags ...string) *Store[T] {
	return &Store[T]{Loans: make(map[string]T, size)}
}

// Find finds a loan.
func (s *Store[T]) Find(ctx context.Context, id string) (loan T, err error) {
	loan, ok := s.Loans[id]
	if !ok {
		return loan, fmt.Errorf("no loan %q in `%s`", id, chi.URLParam(nil, "x"))
	}
	for i := range 10 {
		_ = i
	}
	return loan, nil
}

func helper() {}
"""

WHOLE = {
    "app/loans.py": PYTHON,
    "src/loans.ts": TYPESCRIPT,
    "server.js": JAVASCRIPT,
    "src/LoanList.jsx": JSX,
    "src/LoanList.tsx": JSX.replace("{ loans = [], onOpen }", "{ loans = [], onOpen }: any"),
    "src/routes/+page.svelte": SVELTE,
    "index.html": HTML,
    "css/site.css": CSS,
    "css/theme.scss": SCSS,
    "schema.sql": SQL,
    "package.json": JSON,
    "ci.yaml": YAML,
    "pyproject.toml": TOML,
    "README.md": MARKDOWN,
    "Dockerfile": DOCKERFILE,
    "store/store.go": GO,
}
