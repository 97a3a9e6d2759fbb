"""The limits of an operation, checked before it is executed; the time that it may take."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLError,
    Node,
    OperationDefinitionNode,
    ValidationRule,
    ValuesOfCorrectTypeRule,
    VariableDefinitionNode,
    get_named_type,
    get_operation_ast,
    is_introspection_type,
    parse,
    validate,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule
from strawberry.types.graphql import OperationType

from service.api.errors import NO_OPERATION, BadValue, invalid, limit_error, too_long
from service.api.limits.cache import Recent, ValidDocuments, sizes_in
from service.api.limits.documents import trusted_documents
from service.api.limits.inputs import inputs_of
from service.api.limits.measuring import Counts, Measure, Measuring, counts
from service.api.limits.pace import Pace
from service.api.limits.sizes import Sizes
from service.api.limits.spending import Spending
from service.feed import Ended
from service.settings import Settings, environment_name

ERRORS_MAX = 5
"""A document with more mistakes is not looked through to its end."""


VALID = ValidDocuments()
MEASURED = Recent[tuple[Measuring, Measure]]()
COUNTED = Recent[Counts]()
NOTHING = parse("{ __typename }")
"""Stands for a document that is too long to be parsed."""


class NoIntrospection(ValidationRule):
    """Refuses `__schema` and `__type`."""

    def enter_field(self, node: FieldNode, *_args: Any) -> None:
        """Called by the visitor."""
        kind = self.context.get_type()
        parent = self.context.get_parent_type()
        inside = parent is not None and is_introspection_type(parent)
        if kind is not None and is_introspection_type(get_named_type(kind)) and not inside:
            self.report_error(
                GraphQLError(f"{node.name.value}: introspection is off ({environment_name('introspection')})", node)
            )


class NamedValues(ValuesOfCorrectTypeRule):
    """An error of a value that a scalar does not take names the argument, or the variable whose default it is."""

    _name = ""
    _node: Node | None = None

    def enter_argument(self, node: ArgumentNode, *_args: Any) -> None:
        """Called by the visitor."""
        self._name, self._node = node.name.value, node

    def enter_variable_definition(self, node: VariableDefinitionNode, *_args: Any) -> None:
        """Called by the visitor."""
        self._name, self._node = f"${node.variable.name.value}", node

    def report_error(self, error: GraphQLError) -> None:
        """Called for each mistake."""
        super().report_error(
            BadValue(f"{self._name}: {error.message}", self._node) if isinstance(error, BadValue) else error
        )


class Limits(SchemaExtension):
    """Checks an operation, tells its cost and budget in `extensions.cost`, and ends it when its time is over."""

    cost: int | None = None
    _refused: GraphQLError | None = None
    _known: DocumentNode | None = None
    _pace: Pace | None = None

    @property
    def settings(self) -> Settings:
        """The settings of the service."""
        settings: Settings = self.execution_context.context.settings
        return settings

    @property
    def _under(self) -> tuple[int, bool]:
        """The settings that decide whether a document is valid."""
        return self.settings.tokens_max, self.settings.introspection

    def on_parse(self) -> Iterator[None]:
        """Bound what the parser takes."""
        execution = self.execution_context
        execution.parse_options = {"max_tokens": self.settings.tokens_max}
        length, most = len(execution.query or ""), self.settings.document_max
        if length > most:
            self._refused = limit_error(f"the document has {length} characters", "document_max", most, length)
            execution.graphql_document = NOTHING
        else:
            self._known = VALID.find(execution.query, self._under)
            execution.graphql_document = self._known
        yield

    def on_validate(self) -> Iterator[None]:
        """Our limits first: they are cheap, and what passes them is cheap to validate."""
        execution = self.execution_context
        document = execution.graphql_document
        assert document is not None
        errors = [self._refused] if self._refused else list(self._untrusted()) or list(self._too_large(document))
        if not errors and self._known is None:
            stock = (NamedValues if one is ValuesOfCorrectTypeRule else one for one in execution.validation_rules)
            rules = [*stock, MaybeNullValidationRule, OneOfInputValidationRule]
            if not self.settings.introspection:
                rules.append(NoIntrospection)
            found = validate(execution.schema._schema, document, rules, max_errors=ERRORS_MAX)
            errors = [invalid(error) for error in found]
            if not errors:
                VALID.keep(execution.query, self._under, document)
        execution.pre_execution_errors = errors
        yield

    async def on_execute(self) -> AsyncIterator[None]:
        """End an operation whose time is over."""
        seconds, started = self.settings.execution_timeout_s, time.monotonic()
        if self.execution_context.operation_type is OperationType.SUBSCRIPTION:
            self._pace = Pace(self.execution_context.context.budget, self.settings.subscription_refill_s)
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError as error:
            hint = ""
            if self.execution_context.operation_type is OperationType.MUTATION:
                hint = "; what was sent may be recorded all the same: send it again, an event is recorded once"
            raise too_long(time.monotonic() - started, seconds, hint) from error

    async def on_stream_result(self, result: Any) -> AsyncIterator[None]:
        """Let a subscription wait that spends its budget faster than it gains it again."""
        if self._pace is not None:
            wait = self._pace.spend(self.cost or 0)
            if wait:
                with suppress(Ended):
                    await self.execution_context.context.feed.pause(wait)
        yield

    def get_results(self) -> dict[str, Any]:
        """The cost, where it was computed, and what was charged beyond it."""
        if self.cost is None:
            return {}
        context = self.execution_context.context
        cost = {"computed": self.cost, "budget": context.budget}
        return {"cost": cost | ({"charged": context.spending.spent} if context.spending.spent else {})}

    def _untrusted(self) -> Iterator[GraphQLError]:
        documents = trusted_documents(self.settings.trusted_documents)
        if documents is not None and self.execution_context.query not in documents.values():
            name = environment_name("trusted_documents")
            yield GraphQLError(
                f"only trusted documents are executed here ({name}); send the id of one as documentId",
                extensions={"code": "DOCUMENT_NOT_TRUSTED"},
            )

    def _too_large(self, document: DocumentNode) -> Iterator[GraphQLError]:
        settings = self.settings
        counted = self._counted(document)
        for name, value, what in (
            ("aliases_max", counted.aliases, "aliases and repeated fields"),
            ("directives_max", counted.directives, "directives"),
        ):
            if value > getattr(settings, name):
                yield limit_error(f"the document has {value} {what}", name, getattr(settings, name), value)
        operations = sum(isinstance(one, OperationDefinitionNode) for one in document.definitions)
        if operations > 1 and self.execution_context._provided_operation_name is None:
            message = f"operationName: which of the {operations} operations of the document is to be executed?"
            yield GraphQLError(message, extensions={"code": NO_OPERATION})
            return
        operation = get_operation_ast(document, self.execution_context.operation_name)
        if not isinstance(operation, OperationDefinitionNode):
            return
        yield from self._too_much(operation)
        measuring, found = self._measured(document, operation)
        self.cost = found.cost
        self.execution_context.context.metrics.cost.labels(operation.operation.value).observe(found.cost)
        for name, value, what in (
            ("depth_max", found.depth, f"is {found.depth} levels deep"),
            ("root_fields_max", found.width, f"has {found.width} fields at its top level"),
        ):
            if value > getattr(settings, name):
                yield limit_error(f"the operation {what}", name, getattr(settings, name), value)
        context = self.execution_context.context
        budget, setting = context.budget, context.budget_setting
        context.spending = Spending(measuring, found.cost, budget, setting)
        if found.cost > budget:
            message = (
                f"the operation costs {found.cost}; select less,"
                " or ask for smaller pages (first, last) and a smaller maxNodes"
            )
            yield limit_error(message, setting, budget, found.cost)

    def _counted(self, document: DocumentNode) -> Counts:
        """The counts of a document; of one that is known, as they were."""
        query = self.execution_context.query
        found = None if self._known is None else COUNTED.find(query, ())
        if found is None:
            found = counts(document)
            if self._known is not None:
                COUNTED.keep(query, (), found)
        return found

    def _measured(self, document: DocumentNode, operation: OperationDefinitionNode) -> tuple[Measuring, Measure]:
        """The measure of the operation; of a document that is known, and used in the same sizes, as it was."""
        execution, settings = self.execution_context, self.settings
        variables = execution.variables if self._known is None else sizes_in(execution.variables)
        under = execution.operation_name, settings.page_max, settings.nodes_max, tuple((variables or {}).items())
        kept = self._known is not None and variables is not None
        measured = MEASURED.find(execution.query, under) if kept else None
        if measured is None:
            sizes = Sizes(settings, operation, variables if kept else execution.variables)
            measuring = Measuring(execution.schema._schema, document, sizes)
            measured = measuring, measuring.of(operation)
            if kept:
                MEASURED.keep(execution.query, under, measured)
        return measured

    def _too_much(self, operation: OperationDefinitionNode) -> Iterator[GraphQLError]:
        """What comes with it is counted before it is coerced, which nobody else has a turn in."""
        settings = self.settings
        most = max(settings.inputs_max, settings.event_values_max)
        found = inputs_of(operation, self.execution_context.variables, most)
        for name, count, what, hint in (
            ("inputs_max", found.typed, "the variables hold", "send large events by recordEvents"),
            ("event_values_max", found.events, "the events hold", "send them in several calls"),
        ):
            if count > getattr(settings, name):
                yield limit_error(f"{what} {count} values", name, getattr(settings, name), count, hint=hint)
