// The drill-down: adds a market's campaigns up for the choice that the page's address names, such as #project=Palm.
// Formats numbers as leadsmart/display/formats.py does. All text goes in as text, never as markup.
(function () {
  "use strict";
  var DIMENSIONS = [
    { key: "channel", label: "Channel", plural: "channels" },
    { key: "user", label: "Business user", plural: "business users" },
    { key: "project", label: "Project", plural: "projects" },
    { key: "campaign", label: "Campaign", plural: "campaigns" }
  ];
  var LISTED = 25, Z = 1.959963984540054, NOTHING = "–";
  var box = document.querySelector(".ls-explore"), data = window.leadsmartExplore;
  if (!box || !data) return;
  var rows = data.campaigns, size = rows.id.length;

  // --- numbers ----------------------------------------------------------------------------------------

  function fixed(value, decimals) {
    var text = Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    return (value < 0 && /[1-9]/.test(text) ? "−" : "") + text;
  }
  function significant(value, digits) {
    if (value === 0) return "0";
    var rounded = Number(value.toExponential(digits - 1));
    return fixed(value, Math.max(digits - 1 - Math.floor(Math.log10(Math.abs(rounded))), 0));
  }
  function compact(value) {
    var scale = [[1e9, " B"], [1e6, " M"], [1e3, " k"]].find(function (s) { return Math.abs(value) >= s[0] * 0.9995; });
    if (Math.abs(value) >= 9999.5) return significant(value / scale[0], 2) + scale[1];
    return Number.isInteger(value) ? fixed(value, 0) : significant(value, 2);
  }
  function percent(value) {
    var points = 100 * value;
    if (points > 0 && points < 0.05) return "<0.1 %";
    if (points >= 99.95 && points < 100) return ">99.9 %";
    var isNearAnEnd = (Math.abs(points) >= 0.05 && Math.abs(points) < 9.95) || (points >= 99.5 && points < 99.95);
    return fixed(points, isNearAnEnd ? 1 : 0) + " %";
  }
  function format(value, unit) {
    if (!Number.isFinite(value)) return NOTHING;
    if (unit === "money") return data.currency + " " + compact(value);
    return unit === "share" ? percent(value) : fixed(value, 0);
  }
  function bare(text) { return text.replace(data.currency + " ", "").replace(" %", ""); }
  function interval(range, unit) {
    return range ? "(" + bare(format(range.low, unit)) + "–" + bare(format(range.high, unit)) + ")" : "";
  }
  function ratio(over, under) { return under > 0 ? over / under : NaN; }
  // Wilson (1927), as statistics.py has it
  function wilson(share, n, label) {
    if (!(n > 0) || !Number.isFinite(share)) return null;
    var spread = Z * Z / n, centre = (share + spread / 2) / (1 + spread);
    var half = Z * Math.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread);
    return { low: Math.max(centre - half, 0), high: Math.min(centre + half, 1), label: label };
  }
  function day(text) {
    var words = new Date(text + "T00:00:00Z").toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
    return words.replace("Sept", "Sep");
  }

  // --- the choice: the address holds it, so that it can be shared and the back button works --------------

  function readChoice() {
    var chosen = {};
    new URLSearchParams(location.hash.slice(1)).forEach(function (value, key) {
      if (value && DIMENSIONS.some(function (d) { return d.key === key; })) chosen[key] = value;
    });
    return chosen;
  }
  function address(chosen) {
    return "#" + DIMENSIONS.filter(function (d) { return chosen[d.key]; }).map(function (d) {
      return d.key + "=" + encodeURIComponent(chosen[d.key]);
    }).join("&");
  }
  function nameOf(key, row) { return key === "campaign" ? rows.id[row] : data.names[key][rows[key][row]]; }
  function namesOf(key) { return key === "campaign" ? rows.id : data.names[key]; }
  function matches(chosen, except) {
    var wanted = DIMENSIONS.filter(function (d) { return chosen[d.key] && d.key !== except; }).map(function (d) {
      var position = namesOf(d.key).indexOf(chosen[d.key]);
      return function (row) { return (d.key === "campaign" ? row : rows[d.key][row]) === position; };
    });
    var found = [];
    for (var row = 0; row < size; row += 1) {
      if (wanted.every(function (fits) { return fits(row); })) found.push(row);
    }
    return found;
  }

  // --- sums -------------------------------------------------------------------------------------------

  function add(found) {
    var sums = { stages: data.stages.map(function () { return 0; }), outcomes: data.outcomes.map(function () { return 0; }) };
    data.kpis.forEach(function (kpi) {
      [kpi.over, kpi.under].filter(Boolean).forEach(function (measure) {
        if (!(measure in sums)) sums[measure] = found.reduce(function (sum, row) { return sum + rows[measure][row]; }, 0);
      });
    });
    found.forEach(function (row) {
      rows.stages[row].forEach(function (n, i) { sums.stages[i] += n; });
      rows.outcomes[row].forEach(function (n, i) { sums.outcomes[i] += n; });
    });
    return sums;
  }
  function addWeeks(found) {
    var inside = new Uint8Array(size), weekly = data.weekly;
    found.forEach(function (row) { inside[row] = 1; });
    var weeks = data.weeks.map(function (week) { return { week: week, spend: 0, leads: 0 }; });
    weekly.campaign.forEach(function (row, i) {
      if (!inside[row]) return;
      weeks[weekly.week[i]].spend += weekly.spend[i];
      weeks[weekly.week[i]].leads += weekly.leads[i];
    });
    var busy = weeks.map(function (w) { return w.spend > 0 || w.leads > 0; });
    weeks = weeks.slice(Math.max(busy.indexOf(true), 0), busy.lastIndexOf(true) + 1);
    weeks.forEach(function (w) { w.cpl = ratio(w.spend, w.leads); });
    return weeks;
  }
  // Ranges over business users are made beforehand, for choices that enough of them carry.
  function knownRanges(chosen) {
    if (chosen.user || chosen.campaign) return {};
    var place = ["channel", "project"].map(function (key) { return chosen[key] ? data.names[key].indexOf(chosen[key]) : undefined; });
    var entry = data.ranges.find(function (r) { return r.channel === place[0] && r.project === place[1]; });
    return entry ? entry.of : {};
  }
  // Without such a range: one user's own rate has Wilson's; of several, each counts as one trial (rate_interval).
  function rangeOf(chosen, found, key, rate, trials) {
    var known = knownRanges(chosen)[key];
    if (known) return { low: known[0], high: known[1], label: known[2] };
    var perUser = {}, sum = 0, squares = 0;
    found.forEach(function (row) { perUser[rows.user[row]] = (perUser[rows.user[row]] || 0) + trials(row); });
    Object.keys(perUser).forEach(function (user) { sum += perUser[user]; squares += perUser[user] * perUser[user]; });
    if (!chosen.user && !chosen.campaign) return wilson(rate, sum * sum / squares, "indicative range");
    return key === "ctr" || key === "verdict_coverage" ? null : wilson(rate, sum, "95 % range");
  }

  // --- what is shown ----------------------------------------------------------------------------------

  function element(tag, attributes, children) {
    var node = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (name) { node.setAttribute(name, attributes[name]); });
    [].concat(children === undefined ? [] : children).forEach(function (child) { node.append(child); });
    return node;
  }
  function named(text) { return element("bdi", { dir: "auto" }, text); }
  var parsed = document.createElement("template");
  parsed.innerHTML = "<svg></svg>";
  var vector = parsed.content.firstChild.namespaceURI;
  function drawing(tag, attributes) {
    var node = document.createElementNS(vector, tag);
    Object.keys(attributes).forEach(function (name) { node.setAttribute(name, attributes[name]); });
    return node;
  }
  var shown = [];
  function record(section, item, measure, text, value, range, n) {
    shown.push([section, item, measure, text, value, range ? range.low : NaN, range ? range.high : NaN, range ? range.label || "" : "", n]);
  }

  function cards(chosen, found, sums) {
    return element("dl", { "class": "ls-kpis" }, data.kpis.map(function (kpi) {
      var value = kpi.under ? ratio(sums[kpi.over], sums[kpi.under]) : sums[kpi.key];
      var known = knownRanges(chosen)[kpi.key];
      var range = known || kpi.isRate ? rangeOf(chosen, found, kpi.key, value, function (row) { return rows[kpi.under][row]; }) : null;
      var text = format(value, kpi.unit), bounds = Number.isFinite(value) ? interval(range, kpi.unit) : "";
      var lines = [element("dt", {}, kpi.label), element("dd", { "class": "ls-kpi-value" }, text)];
      if (bounds) {
        lines[1].append(" ", element("span", { "class": "ls-interval" }, bounds));
        lines.push(element("dd", { "class": "ls-n" }, range.label));
      }
      if (kpi.under) lines.push(element("dd", { "class": "ls-n" }, "n " + format(sums[kpi.under], "count")));
      record("KPI", kpi.label, kpi.key, (text + " " + bounds).trim(), value, bounds ? range : null, kpi.under ? sums[kpi.under] : NaN);
      return element("div", { "class": "ls-kpi", "data-key": kpi.key }, lines);
    }));
  }

  function line(weeks, key, label, unit) {
    var WIDTH = 320, HEIGHT = 90, PAD = 4, path = "", down = false, last = null;
    var known = weeks.filter(function (w) { return Number.isFinite(w[key]); });
    var peak = known.reduce(function (best, w) { return w[key] > best[key] ? w : best; }, known[0]);
    var most = peak ? peak[key] : 0;
    weeks.forEach(function (w, i) {
      if (!Number.isFinite(w[key])) { down = false; return; }
      last = [PAD + i * (WIDTH - 2 * PAD) / Math.max(weeks.length - 1, 1), HEIGHT - PAD - (most ? w[key] / most : 0) * (HEIGHT - 2 * PAD)];
      path += (down ? "L" : "M") + last[0].toFixed(1) + " " + last[1].toFixed(1);
      down = true;
    });
    var says = peak ? "highest " + format(most, unit) + " in the week from " + day(peak.week) : "nothing to show";
    var svg = drawing("svg", { viewBox: "0 0 " + WIDTH + " " + HEIGHT, role: "img", "aria-label": label + " per week: " + says });
    svg.append(drawing("path", { d: "M0 " + (HEIGHT - PAD) + "H" + WIDTH, "class": "ls-explore-base" }));
    svg.append(drawing("path", { d: path || "M0 0", "class": "ls-explore-line" }));
    if (last) svg.append(drawing("circle", { cx: last[0].toFixed(1), cy: last[1].toFixed(1), r: 3, "class": "ls-explore-dot" }));
    return element("figure", {}, [element("figcaption", {}, [element("strong", {}, label), " " + says]), svg]);
  }

  function table(title, heads, body) {
    var head = element("tr", {}, heads.map(function (h, i) { return element("th", i && h.number ? { scope: "col", "class": "ls-number" } : { scope: "col" }, h.label); }));
    var lines = body.map(function (cells) {
      return element("tr", {}, cells.map(function (cell, i) { return element("td", heads[i].number ? { "class": "ls-number" } : {}, cell); }));
    });
    var caption = element("caption", {}, element("span", { "class": "ls-table-title" }, title));
    var grid = element("table", { "class": "ls-table" }, [caption, element("thead", {}, head), element("tbody", {}, lines)]);
    return element("div", { "class": "ls-scroll", tabindex: "0", role: "group", "aria-label": title }, grid);
  }
  function text(label) { return { label: label }; }
  function number(label) { return { label: label, number: true }; }
  function bar(share) { return element("span", { "class": "ls-explore-bar", style: "width:" + (100 * (share || 0)).toFixed(1) + "%", "aria-hidden": "true" }); }

  function trend(weeks) {
    var measures = [["spend", "Spend", "money"], ["leads", "Leads", "count"], ["cpl", "CPL", "money"]];
    var body = weeks.slice().reverse().map(function (w) {
      return [day(w.week)].concat(measures.map(function (m) { return format(w[m[0]], m[2]); }));
    });
    weeks.forEach(function (w) {
      measures.forEach(function (m) { record("Week by week", w.week, m[0], format(w[m[0]], m[2]), w[m[0]], null, m[0] === "cpl" ? w.leads : NaN); });
    });
    // what a week counts before it is over looks like a fall
    var whole = weeks.filter(function (w) { return w.week !== data.under_way; });
    var note = whole.length < weeks.length ? [element("p", { "class": "ls-note" }, "The lines end before the week from " + day(data.under_way) + ", which is not over; the table has it.")] : [];
    return [
      element("div", { "class": "ls-explore-trend" }, measures.map(function (m) { return line(whole, m[0], m[1], m[2]); }))
    ].concat(note, [
      element("details", {}, [element("summary", {}, "The weeks as a table"),
        table("Week by week", [text("Week from"), number("Spend"), number("Leads"), number("CPL")], body)])
    ]);
  }

  function funnel(chosen, found, sums) {
    var body = data.stages.map(function (stage, i) {
      var n = sums.stages[i], further = sums.stages[i + 1], isLast = i === data.stages.length - 1;
      var rate = isLast ? NaN : ratio(further, n);
      var range = rangeOf(chosen, found, "step" + i, rate, function (row) { return rows.stages[row][i]; });
      var went = format(rate, "share"), bounds = Number.isFinite(rate) ? interval(range, "share") : "";
      record("Funnel", stage, "leads", format(n, "count"), n, null, NaN);
      if (!isLast) record("Funnel", stage, "step_rate", (went + " " + bounds).trim(), rate, bounds ? range : null, n);
      return [stage, element("span", { "class": "ls-explore-track" }, bar(ratio(n, sums.stages[0]))), format(n, "count"), (went + " " + bounds).trim()];
    });
    return table("How far leads get", [text("Stage"), text("Of all leads"), number("Leads"), number("Went on")], body);
  }

  function outcomes(sums) {
    var body = data.outcomes.map(function (outcome, i) {
      var n = sums.outcomes[i], share = ratio(n, sums.leads);
      record("Outcomes", outcome, "leads", format(n, "count"), n, null, NaN);
      record("Outcomes", outcome, "share", format(share, "share"), share, null, sums.leads);
      return [outcome, element("span", { "class": "ls-explore-track" }, bar(share)), format(n, "count"), format(share, "share")];
    });
    return table("What became of the leads", [text("Outcome"), text("Of all leads"), number("Leads"), number("Share")], body);
  }

  function campaigns(found) {
    var body = found.slice(0, LISTED).map(function (row) {
      var cpl = ratio(rows.spend[row], rows.leads[row]), rate = ratio(rows.qualified[row], rows.verdicts[row]);
      var cells = [["spend", rows.spend[row], "money", NaN], ["leads", rows.leads[row], "count", NaN],
        ["cpl", cpl, "money", rows.leads[row]], ["qualified_rate", rate, "share", rows.verdicts[row]]];
      cells.forEach(function (c) { record("Campaigns", rows.id[row], c[0], format(c[1], c[2]), c[1], null, c[3]); });
      var link = element("a", { href: address({ campaign: rows.id[row] }) }, named(rows.id[row]));
      return [link, named(nameOf("project", row)), named(nameOf("user", row))].concat(cells.slice(0, 3).map(function (c) { return format(c[1], c[2]); }),
        [element("span", {}, [format(rate, "share") + " ", element("small", {}, "n " + format(rows.verdicts[row], "count"))])]);
    });
    var title = found.length > LISTED ? "The " + LISTED + " campaigns with the most spend, of " + fixed(found.length, 0) : "Campaigns, most spend first";
    return table(title, [text("Campaign"), text("Project"), text("Business user"), number("Spend"), number("Leads"), number("CPL"), number("Qualified")], body);
  }

  // --- the download: what is shown, with full precision, harmless in a spreadsheet as csv_text.py has it ---

  function csvCell(value) {
    if (typeof value === "number") return Number.isFinite(value) ? String(Number(value.toPrecision(12))) : "";
    var safe = value.replace(/\r\n?/g, "\n");
    if (/^\s*[=+\-@\t\r\n＝＋－＠]/.test(value)) safe = "'" + safe;
    return /[",\n]/.test(safe) ? '"' + safe.replace(/"/g, '""') + '"' : safe;
  }
  function csv() {
    var head = ["section", "item", "measure", "shown", "value", "low", "high", "range", "n"];
    return [head].concat(shown).map(function (cells) { return cells.map(csvCell).join(","); }).join("\n") + "\n";
  }

  // --- the page ---------------------------------------------------------------------------------------

  var drawn = null, controls = {}, lists = {}, status = element("p", { role: "status", "class": "ls-sentence ls-explore-status" });
  var result = element("div", { "class": "ls-explore-result" });

  function take(key) {
    var control = controls[key], typed = control.value.trim(), chosen = readChoice(), names = namesOf(key);
    if (typed && names.indexOf(typed) === -1) {
      var close = names.filter(function (name) { return name.toLowerCase().indexOf(typed.toLowerCase()) !== -1; });
      if (close.length === 1) typed = close[0];
    }
    if (typed) chosen[key] = typed; else delete chosen[key];
    go(address(chosen));
  }
  function go(hash) {
    if (address(readChoice()) === hash) return;
    location.hash = hash;
    show();
  }

  function makeControl(dimension) {
    var id = "ls-explore-" + dimension.key, all = "All " + dimension.plural;
    var control = dimension.key === "channel" ? element("select", { id: id })
      : element("input", { id: id, type: "search", list: id + "-names", placeholder: all, autocomplete: "off", dir: "auto" });
    controls[dimension.key] = control;
    if (dimension.key === "channel") {
      control.append(element("option", { value: "" }, all));
      data.names.channel.forEach(function (name) { control.append(element("option", { value: name }, name)); });
    } else {
      lists[dimension.key] = element("datalist", { id: id + "-names" });
      // a name picked from the list counts at once, one that is typed when it is complete
      control.addEventListener("input", function () {
        if (control.value === "" || namesOf(dimension.key).indexOf(control.value) !== -1) take(dimension.key);
      });
    }
    control.addEventListener("change", function () { take(dimension.key); });
    return element("div", {}, [element("label", { "for": id }, dimension.label), control].concat(lists[dimension.key] || []));
  }

  function offer(dimension, chosen) {
    var names = new Set(matches(chosen, dimension.key).map(function (row) { return nameOf(dimension.key, row); }));
    lists[dimension.key].replaceChildren.apply(lists[dimension.key], Array.from(names, function (name) { return element("option", { value: name }); }));
  }

  function problem(chosen, found) {
    var unknown = DIMENSIONS.find(function (d) { return chosen[d.key] && namesOf(d.key).indexOf(chosen[d.key]) === -1; });
    if (unknown) return [data.title + " has no " + unknown.label.toLowerCase() + " called ", named(chosen[unknown.key]), ". Choose another one."];
    return found.length ? null : ["No campaign has all of this. Choose again, or show the whole market."];
  }

  function describe(chosen, found) {
    var parts = DIMENSIONS.filter(function (d) { return chosen[d.key]; });
    var users = new Set(found.map(function (row) { return rows.user[row]; })).size;
    var words = parts.length ? [] : [data.title];
    parts.forEach(function (d, i) { words.push((i ? ", " + d.label.toLowerCase() : d.label) + " ", element("strong", {}, named(chosen[d.key]))); });
    var count = fixed(found.length, 0) + (found.length === 1 ? " campaign" : " campaigns");
    var who = fixed(users, 0) + (users === 1 ? " business user" : " business users");
    return words.concat([": " + count + " of " + who + ". As of " + data.as_of + "."]);
  }

  function show() {
    // the address of a section is no choice, and one that was shown need not be shown again
    if (drawn !== null && (location.hash === drawn || (location.hash && location.hash.indexOf("=") === -1))) return;
    drawn = location.hash;
    var chosen = readChoice(), found = matches(chosen), wrong = problem(chosen, found);
    DIMENSIONS.forEach(function (d) {
      controls[d.key].value = chosen[d.key] || "";
      if (lists[d.key]) offer(d, chosen);
    });
    shown = DIMENSIONS.filter(function (d) { return chosen[d.key]; }).map(function (d) {
      return ["Choice", d.label, d.key, chosen[d.key], NaN, NaN, NaN, "", NaN];
    });
    clear.hidden = !Object.keys(chosen).length;
    download.hidden = Boolean(wrong);
    if (wrong) {
      status.replaceChildren.apply(status, wrong);
      result.replaceChildren();
    } else {
      var sums = add(found);
      status.replaceChildren.apply(status, describe(chosen, found));
      result.replaceChildren.apply(result, [element("h2", {}, "Key figures"), cards(chosen, found, sums), element("h2", {}, "Week by week")].concat(
        trend(addWeeks(found)), element("h2", {}, "Funnel and outcomes"),
        element("div", { "class": "ls-explore-pair" }, [funnel(chosen, found, sums), outcomes(sums)]), element("h2", {}, "Campaigns"), campaigns(found)));
    }
  }

  var form = element("form", { "class": "ls-explore-choice", "aria-label": "What to look at" }, DIMENSIONS.map(makeControl));
  var clear = element("button", { type: "button", "class": "ls-more" }, "Show the whole market");
  var download = element("button", { type: "button", "class": "ls-more" }, "Download what is shown (CSV)");
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  clear.addEventListener("click", function () { go("#"); controls.channel.focus(); });
  download.addEventListener("click", function () {
    var file = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
    element("a", { href: file, download: "explore.csv" }).click();
    setTimeout(function () { URL.revokeObjectURL(file); }, 1000);
  });
  box.replaceChildren(form, status, element("div", { "class": "ls-explore-tools" }, [clear, download]), result);
  window.addEventListener("hashchange", show);
  show();
})();
