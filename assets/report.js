// Makes tables of class ls-sortable sortable, searchable and short; without this file they show all rows as they are.
// Loads what the drill-down page needs. And mends the renderers' navigation: groups of links get names, and keys reach the sections' toggles.
(function () {
  "use strict";
  var FIRST = 25;
  var folder = document.currentScript.src.replace(/report\.js.*$/, "");
  var byText = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

  function element(tag, attributes, text) {
    var node = document.createElement(tag);
    Object.keys(attributes).forEach(function (name) { node.setAttribute(name, attributes[name]); });
    if (text) node.textContent = text;
    return node;
  }

  // Missing values stay last in both directions.
  function compare(a, b, column, sign) {
    var x = a.keys[column], y = b.keys[column];
    if (x === null || y === null) return (x === null) - (y === null);
    return sign * (typeof x === "number" && typeof y === "number" ? x - y : byText.compare(String(x), String(y)));
  }

  function key(cell) {
    var raw = cell.getAttribute("data-value");
    if (raw === null) { var text = cell.textContent.trim(); return text === "–" || text === "" ? null : text; }
    return raw === "" ? null : Number(raw);
  }

  function enhance(table) {
    if (table.dataset.ready) return;
    table.dataset.ready = "yes";
    var body = table.tBodies[0];
    var box = table.closest(".ls-scroll") || table;
    var title = table.querySelector(".ls-table-title");
    var name = title ? title.textContent : "the table";
    var rows = Array.prototype.map.call(body.rows, function (row) {
      return { row: row, text: row.textContent.toLowerCase(), keys: Array.prototype.map.call(row.cells, key) };
    });
    var unfolded = rows.length <= FIRST, words = "";
    var tools = element("div", { "class": "ls-tools" });
    var search = element("input", { type: "search", placeholder: "Search", "aria-label": "Search in " + name });
    var count = element("span", { role: "status" });
    var more = element("button", { type: "button", "class": "ls-more" });

    function show() {
      var found = 0, shown = 0;
      rows.forEach(function (item) {
        var fits = !words || item.text.indexOf(words) !== -1;
        if (fits) found += 1;
        var visible = fits && (unfolded || found <= FIRST);
        if (visible) shown += 1;
        if (item.row.hidden === visible) item.row.hidden = !visible;
      });
      count.textContent = shown.toLocaleString("en") + " of " + rows.length.toLocaleString("en") + " rows";
      more.hidden = shown === found;
      more.textContent = "Show all " + found.toLocaleString("en");
    }

    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head, column) {
      var button = element("button", { type: "button" }, head.textContent);
      head.textContent = "";
      head.appendChild(button);
      button.addEventListener("click", function () {
        var numeric = rows.some(function (item) { return typeof item.keys[column] === "number"; });
        var before = head.getAttribute("aria-sort");
        // numbers start with the largest, names with the first letter
        var next = before === "descending" ? "ascending" : before === "ascending" ? "descending" : numeric ? "descending" : "ascending";
        Array.prototype.forEach.call(table.tHead.rows[0].cells, function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", next);
        rows.sort(function (a, b) { return compare(a, b, column, next === "ascending" ? 1 : -1); });
        var all = document.createDocumentFragment();
        rows.forEach(function (item) { all.appendChild(item.row); });
        body.appendChild(all);
        show();
      });
    });
    search.addEventListener("input", function () { words = search.value.trim().toLowerCase(); show(); });
    more.addEventListener("click", function () { unfolded = true; show(); search.focus(); });
    tools.append(search, count);
    box.before(tools);
    box.after(more);
    show();
  }

  // The drill-down's script and its data are files of their own, so that other pages do without.
  function explore(place) {
    [new URL(place.dataset.source, location.href.split("#")[0]).href, folder + "explore.js"].forEach(function (address) {
      document.head.appendChild(Object.assign(document.createElement("script"), { src: address, async: false }));
    });
  }

  function mendLandmark(selector, name) {
    document.querySelectorAll(selector + ":not([aria-label])").forEach(function (nav) { nav.setAttribute("aria-label", name); });
  }

  function mendToggle(toggle) {
    toggle.setAttribute("role", "button");
    if (!toggle.hasAttribute("href")) toggle.setAttribute("tabindex", "0");
    toggle.addEventListener("keydown", function (event) {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); toggle.click(); }
    });
  }

  function start() {
    document.querySelectorAll("table.ls-sortable").forEach(enhance);
    document.querySelectorAll(".ls-explore[data-source]").forEach(explore);
    document.querySelectorAll('a[role="navigation"]').forEach(mendToggle);
    mendLandmark("nav.navbar", "Site");
    mendLandmark("nav.quarto-secondary-nav", "Where you are");
    mendLandmark("nav#quarto-sidebar", "Pages");
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
