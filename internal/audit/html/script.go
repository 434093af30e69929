package html

// script sorts and filters the table of the inventory. Without it the table is whole,
// and its controls are hidden.
const script = `
(function () {
  "use strict";
  var table = document.getElementById("inventory-table");
  var body = table.tBodies[0];
  var rows = Array.prototype.slice.call(body.rows);
  var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
  var text = document.getElementById("f-text"), vendor = document.getElementById("f-vendor");
  var worst = document.getElementById("f-worst"), active = document.getElementById("f-active");
  var status = document.getElementById("f-status");
  var sorted = "";

  function say(n) { status.textContent = n + " of " + rows.length + " credentials shown" + sorted; }
  function filter() {
    var words = text.value.toLowerCase().split(/\s+/).filter(Boolean), n = 0;
    rows.forEach(function (row) {
      if (words.length && row.text === undefined) { row.text = row.textContent.toLowerCase(); }
      var show = words.every(function (w) { return row.text.indexOf(w) >= 0; }) &&
        (!vendor.value || row.cells[2].textContent === vendor.value) &&
        (!worst.value || Number(row.cells[0].getAttribute("data-v")) >= Number(worst.value)) &&
        (!active.checked || row.className !== "off");
      row.hidden = !show;
      if (show) { n++; }
    });
    say(n);
  }
  function key(row, i) {
    var cell = row.cells[i], v = cell.getAttribute("data-v");
    return v === null ? cell.textContent.toLowerCase() : v === "" ? null : Number(v);
  }
  function sort(i, down) {
    var keyed = rows.map(function (row, at) { return {row: row, key: key(row, i), at: at}; });
    keyed.sort(function (a, b) {
      if (a.key === b.key) { return a.at - b.at; }
      if (a.key === null) { return 1; }
      if (b.key === null) { return -1; }
      return (a.key < b.key ? -1 : 1) * (down ? -1 : 1);
    });
    var all = document.createDocumentFragment();
    keyed.forEach(function (k) { all.appendChild(k.row); });
    body.appendChild(all);
    heads.forEach(function (h, j) {
      if (j === i) { h.setAttribute("aria-sort", down ? "descending" : "ascending"); } else { h.removeAttribute("aria-sort"); }
    });
    sorted = ", sorted by " + heads[i].textContent.toLowerCase() + (down ? ", descending" : ", ascending");
    say(rows.filter(function (r) { return !r.hidden; }).length);
  }
  heads.forEach(function (head, i) {
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", function () { sort(i, head.getAttribute("aria-sort") === "ascending"); });
    head.textContent = "";
    head.appendChild(button);
  });
  [text, vendor, worst, active].forEach(function (f) { f.addEventListener("input", filter); });
  document.getElementById("controls").hidden = false;
  say(rows.length);
})();
`
