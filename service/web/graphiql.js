"use strict";
const fetcher = GraphiQL.createFetcher({ url: "/graphql" });
const root = ReactDOM.createRoot(document.getElementById("graphiql"));
root.render(React.createElement(GraphiQL, {
  fetcher,
  defaultQuery: "{\n  items(first: 5, filter: { kind: BATTERY }) {\n    totalCount\n    edges { node { key kind status } }\n  }\n}\n",
}));
