"use strict";
const stated = new URLSearchParams(window.location.hash.slice(1));
const viewer = document.getElementById("viewer");
const token = '{"Authorization": "Bearer TOKEN"} under Headers';
const byGet = viewer.dataset.queriesByGet === "true";
const LENGTH_MAX = 8000;

// What is only read goes by GET, where the cookie of the sign-in counts; what states a token of its own as that wants.
function parameters({ query, variables, operationName }) {
  const sent = new URLSearchParams({ query });
  if (variables && Object.keys(variables).length) sent.set("variables", JSON.stringify(variables));
  if (operationName) sent.set("operationName", operationName);
  return sent.toString();
}

const posting = GraphiQL.createFetcher({
  url: "/graphql",
  subscriptionUrl: `${window.location.origin.replace("http", "ws")}/graphql`,
});
const getting = GraphiQL.createFetcher({
  url: "/graphql",
  fetch: (url, { headers, body }) => fetch(`${url}?${parameters(JSON.parse(body))}`, { headers }),
});

function streaming(asked) {
  return {
    subscribe(observer) {
      const source = new EventSource(`/graphql/stream?${parameters(asked)}`);
      let refused = null;
      source.addEventListener("next", (message) => {
        const result = JSON.parse(message.data);
        const code = result.errors?.[0].extensions?.code;
        refused = code !== undefined && !["ENDED", "STALLED"].includes(code);
        observer.next(result);
        if (refused) source.close();
      });
      source.addEventListener("complete", () => {
        if (refused) observer.complete();
      });
      source.addEventListener("error", () => {
        if (source.readyState === EventSource.CLOSED && !refused) observer.error(new Error("the stream was refused"));
      });
      return { unsubscribe: () => source.close() };
    },
  };
}

// What GraphiQL hands on as the document may be older than the text: it reads that when nobody types.
function documentOf(text) {
  try {
    return GraphiQL.GraphQL.parse(text);
  } catch {
    return undefined;
  }
}

function fetcher(asked, options) {
  const named = Object.keys(options?.headers ?? {}).some((name) => name.toLowerCase() === "authorization");
  const documentAST = documentOf(asked.query);
  const kind = documentAST && GraphiQL.GraphQL.getOperationAST(documentAST, asked.operationName)?.operation;
  if (!named && kind === "subscription") return streaming(asked);
  const short = parameters(asked).length <= LENGTH_MAX;
  return (byGet && !named && kind === "query" && short ? getting : posting)(asked, { ...options, documentAST });
}

if (viewer.dataset.viewer === "public") {
  const link = document.createElement("a");
  link.href = "/sign-in?next=/graphql";
  link.textContent = "sign in";
  viewer.append("You ask as the public: ", link, ` to read, or state ${token}.`);
  viewer.hidden = false;
} else if (viewer.dataset.viewer) {
  const counts = byGet ? "for queries of up to 8,000 characters and subscriptions" : "for subscriptions";
  viewer.append(`Signed in as ${viewer.dataset.viewer}, which counts ${counts}. All else takes ${token}.`);
  viewer.hidden = false;
}

ReactDOM.createRoot(document.getElementById("graphiql")).render(React.createElement(GraphiQL, {
  fetcher,
  query: stated.get("query") ?? undefined,
  variables: stated.get("variables") ?? undefined,
  defaultQuery: "{\n  items(first: 5, filter: { kind: BATTERY }) {\n    totalCount\n    edges { node { key kind status } }\n  }\n}\n",
}));
