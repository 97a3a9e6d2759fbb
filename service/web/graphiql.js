"use strict";
const stated = new URLSearchParams(window.location.hash.slice(1));
const fetcher = GraphiQL.createFetcher({ url: "/graphql" });
const root = ReactDOM.createRoot(document.getElementById("graphiql"));
root.render(React.createElement(GraphiQL, {
  fetcher,
  query: stated.get("query") ?? undefined,
  variables: stated.get("variables") ?? undefined,
  defaultQuery: "{\n  items(first: 5, filter: { kind: BATTERY }) {\n    totalCount\n    edges { node { key kind status } }\n  }\n}\n",
}));
