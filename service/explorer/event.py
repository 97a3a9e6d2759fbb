"""`GET /event/{id}`: leads to an event, beside the trace of the first item that it names; alone where it names none."""

from __future__ import annotations

from fastapi import APIRouter
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.explorer.asking import MakeContext
from service.explorer.opened import opened_event
from service.explorer.pages import event_page, explore, page


class Alone:
    """Where the links of an event lead that no trace is beside: to the other events."""

    def address(self, open: str) -> str:
        """The page of another event."""
        return event_page(open)


def routes(context: MakeContext) -> APIRouter:
    """The route."""
    router = APIRouter(include_in_schema=False)

    @router.get("/event/{event_id:path}")
    async def shown(event_id: str, request: Request) -> Response:
        asking = await context(request)
        try:
            found = await opened_event(asking, event_id)
        except GraphQLError as error:
            return page(request, "problem.html", 400, message=error.message, state=None)
        if found is None:
            message = f"{event_id}: no event of that id is known, or you may not see it"
            return page(request, "problem.html", 404, message=message, state=None)
        if found["items"] and asking.sight.viewer.traces:
            return RedirectResponse(explore(found["items"][0]["key"], open=event_id), 303)
        return page(request, "event-alone.html", event=found | {"items": []}, state=Alone())

    return router
