// Renders openapi.json and tries calls. Texts are set as text, never as markup.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];

function make(name, text, attributes = {}) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

// Sets a text in which code stands in backticks.
function words(element, text) {
  const parts = text.split("`");
  element.replaceChildren(...parts.map((part, at) => (at % 2 === 1 && at < parts.length - 1 ? make("code", part) : part)));
  return element;
}

function resolve(doc, schema) {
  let found = schema;
  for (let step = 0; found && found.$ref && step < 8; step += 1) {
    found = found.$ref.slice(2).split("/").reduce((at, name) => at && at[name], doc);
  }
  return found || {};
}

function kind(doc, schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  const any = schema.oneOf || schema.anyOf || schema.allOf;
  if (any) return any.map((one) => kind(doc, one)).join(" or ");
  if (schema.type === "array") return "list of " + kind(doc, schema.items);
  const kinds = [].concat(schema.type || "any");
  return kinds.map((one) => (one === "string" && schema.format === "date-time" ? "instant" : one)).join(" or ");
}

// Returns the schema of what stands in a property, where that has fields of its own, and how it is reached.
function within(doc, property) {
  const whole = resolve(doc, property);
  if (whole.type === "array") return [whole.items, "[]."];
  const one = (whole.oneOf || whole.anyOf || []).filter((it) => it.type !== "null");
  return [one.length === 1 ? one[0] : whole, "."];
}

function properties(doc, schema, depth = 0) {
  const whole = resolve(doc, schema);
  const parts = (whole.allOf || whole.oneOf || []).flatMap((one) => (depth < 4 ? properties(doc, one, depth + 1) : []));
  const required = whole.required || [];
  const names = Object.keys(whole.properties || {});
  const own = [...names.filter((name) => required.includes(name)), ...names.filter((name) => !required.includes(name))];
  const rows = own.flatMap((name) => {
    const property = whole.properties[name];
    const row = { name, kind: kind(doc, property), needed: required.includes(name), what: property.description || "" };
    const [inner, path] = within(doc, property);
    const below = inner && depth < 2 ? properties(doc, inner, depth + 1) : [];
    return [row, ...below.map((one) => ({ ...one, name: name + path + one.name }))];
  });
  return rows.concat(parts);
}

function fields(doc, schema) {
  const rows = properties(doc, schema);
  if (rows.length === 0) return make("p", kind(doc, schema));
  const table = make("table");
  const seen = new Set();
  for (const row of rows) {
    // What has several forms names a field in each of them.
    if (seen.has(row.name)) continue;
    seen.add(row.name);
    const line = make("tr");
    line.append(make("td"), make("td", row.kind + (row.needed ? ", required" : "")), words(make("td"), row.what));
    line.firstChild.append(make("code", row.name));
    table.append(line);
  }
  return table;
}

function example(doc, schema) {
  const whole = resolve(doc, schema);
  if (whole.example !== undefined) return whole.example;
  if (whole.examples && whole.examples[0] !== undefined) return whole.examples[0];
  const first = (whole.oneOf || whole.anyOf || [])[0];
  return first ? example(doc, first) : {};
}

function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function call(method, path, inputs, body, out) {
  let url = path;
  const query = new URLSearchParams();
  const headers = {};
  for (const { parameter, input } of inputs) {
    if (parameter.required && input.value === "") {
      out.textContent = `${parameter.name} is missing`;
      input.focus();
      return;
    }
    if (parameter.in === "path") url = url.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    if (input.value === "") continue;
    if (parameter.in === "query") query.set(parameter.name, input.value);
    if (parameter.in === "header") headers[parameter.name] = input.value;
  }
  const key = document.getElementById("key").value;
  if (key) headers.Authorization = "Bearer " + key;
  if (body) headers["Content-Type"] = "application/json";
  if ([...query].length) url += "?" + query;
  out.textContent = `${method.toUpperCase()} ${url} ...`;
  try {
    const begun = performance.now();
    const response = await fetch(url, { method: method.toUpperCase(), headers, body: body ? body.value : undefined });
    const text = await response.text();
    const took = Math.round(performance.now() - begun);
    let shown = text;
    try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: shown as it is */ }
    out.textContent = `${response.status} in ${took} ms\n\n${shown}`;
  } catch (error) {
    out.textContent = String(error);
  }
}

function tryIt(doc, method, path, operation) {
  const form = make("div");
  const inputs = (operation.parameters || []).map((parameter) => {
    const label = words(make("label"), `\`${parameter.name}\`${parameter.required ? ", required" : ""}: ${parameter.description || ""}`);
    const input = make("input", undefined, { autocomplete: "off" });
    if (parameter.name === "Idempotency-Key") input.value = newKey();
    label.append(input);
    form.append(label);
    return { parameter, input };
  });
  let body = null;
  const content = operation.requestBody && operation.requestBody.content["application/json"];
  if (content) {
    const label = make("label", "Body");
    body = make("textarea", JSON.stringify(content.example || example(doc, content.schema), null, 2), { spellcheck: "false" });
    label.append(body);
    form.append(label);
  }
  const button = make("button", "Call", { type: "button" });
  const out = make("pre", "");
  button.addEventListener("click", () => call(method, path, inputs, body, out));
  form.append(button, out);
  return form;
}

function route(doc, method, path, operation) {
  const details = make("details", undefined, { id: operation.operationId });
  const summary = make("summary");
  const name = make("code", `${method.toUpperCase()} ${path}`);
  summary.append(name, " ", words(make("span"), operation.summary || ""));
  details.append(summary);
  details.addEventListener("toggle", () => {
    if (!details.open || details.childElementCount > 1) return;
    if (operation.description) details.append(words(make("p"), operation.description));
    const content = operation.requestBody && operation.requestBody.content["application/json"];
    if (content) details.append(make("h3", "Body"), fields(doc, content.schema));
    const problems = make("table");
    for (const [status, answer] of Object.entries(operation.responses)) {
      if (answer.content && answer.content["application/problem+json"]) {
        const line = make("tr");
        line.append(make("td", status), words(make("td", undefined, { colspan: 2 }), answer.description));
        problems.append(line);
        continue;
      }
      details.append(words(make("h3"), `${status}: ${answer.description}`));
      const json = answer.content && answer.content["application/json"];
      if (json && json.schema) details.append(fields(doc, json.schema));
    }
    if (problems.childElementCount > 0) details.append(make("h3", "Problems"), problems);
    details.append(make("h3", "Try it"), tryIt(doc, method, path, operation));
  });
  details.dataset.text = `${method} ${path} ${operation.summary || ""}`.toLowerCase();
  return details;
}

async function show() {
  const doc = await (await fetch("/openapi.json")).json();
  words(document.getElementById("about"), doc.info.description || "");
  const main = document.getElementById("routes");
  main.replaceChildren();
  for (const tag of doc.tags || []) {
    const section = make("section");
    section.append(make("h2", tag.name), make("p", tag.description));
    for (const [path, item] of Object.entries(doc.paths)) {
      for (const method of METHODS) {
        const operation = item[method];
        if (operation && (operation.tags || []).includes(tag.name)) section.append(route(doc, method, path, operation));
      }
    }
    if (section.querySelector("details")) main.append(section);
  }
  const find = document.getElementById("find");
  find.addEventListener("input", () => {
    const wanted = find.value.toLowerCase();
    for (const section of main.children) {
      const all = [...section.querySelectorAll("details")];
      for (const details of all) details.hidden = !details.dataset.text.includes(wanted);
      section.hidden = all.every((details) => details.hidden);
    }
  });
}

// A link to a route opens it.
function open() {
  const named = document.getElementById(location.hash.slice(1));
  if (!(named instanceof HTMLDetailsElement)) return;
  named.open = true;
  named.scrollIntoView();
}

addEventListener("hashchange", open);
show().then(open).catch((error) => { document.getElementById("routes").textContent = String(error); });
