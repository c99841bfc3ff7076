// Renders openapi.json and tries calls. Texts are set as text, never as markup.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];

function make(name, text, attributes = {}) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
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
  return [].concat(schema.type || "any").join(" or ");
}

function properties(doc, schema, depth = 0) {
  const whole = resolve(doc, schema);
  const parts = (whole.allOf || whole.oneOf || []).flatMap((one) => (depth < 4 ? properties(doc, one, depth + 1) : []));
  const own = Object.entries(whole.properties || {}).map(([name, property]) => ({
    name,
    kind: kind(doc, property),
    needed: (whole.required || []).includes(name),
    what: property.description || "",
  }));
  return own.concat(parts);
}

function fields(doc, schema) {
  const rows = properties(doc, schema);
  if (rows.length === 0) return make("p", kind(doc, schema));
  const table = make("table");
  for (const row of rows) {
    const line = make("tr");
    line.append(make("td"), make("td", row.kind + (row.needed ? ", required" : "")), make("td", row.what));
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
    const label = make("label", `${parameter.name}${parameter.required ? ", required" : ""}: ${parameter.description || ""}`);
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
  const details = make("details");
  const summary = make("summary");
  summary.append(make("code", `${method.toUpperCase()} ${path}`), ` ${operation.summary || ""}`);
  details.append(summary);
  details.addEventListener("toggle", () => {
    if (!details.open || details.childElementCount > 1) return;
    if (operation.description) details.append(make("p", operation.description));
    const content = operation.requestBody && operation.requestBody.content["application/json"];
    if (content) details.append(make("h3", "Body"), fields(doc, content.schema));
    for (const [status, answer] of Object.entries(operation.responses)) {
      details.append(make("h3", `${status}: ${answer.description}`));
      const json = answer.content && answer.content["application/json"];
      if (json && json.schema) details.append(fields(doc, json.schema));
    }
    details.append(make("h3", "Try it"), tryIt(doc, method, path, operation));
  });
  details.dataset.text = `${method} ${path} ${operation.summary || ""}`.toLowerCase();
  return details;
}

async function show() {
  const doc = await (await fetch("/openapi.json")).json();
  document.getElementById("about").textContent = doc.info.description || "";
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

show().catch((error) => { document.getElementById("routes").textContent = String(error); });
