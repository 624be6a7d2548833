"use strict";
// Elements, times and texts, as every part of the page makes them.

// Every text from outside becomes a text node; nothing is ever parsed as markup.
function element(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

function digits(number, width) {
  return String(number).padStart(width, "0");
}

// The zone of this browser at a moment, such as +09:00.
function zone(moment) {
  const minutes = -moment.getTimezoneOffset();
  const size = Math.abs(minutes);
  return (minutes < 0 ? "-" : "+") + digits(Math.floor(size / 60), 2) + ":" + digits(size % 60, 2);
}

function timeOfDay(moment) {
  return [moment.getHours(), moment.getMinutes(), moment.getSeconds()].map((number) => digits(number, 2)).join(":")
    + "." + digits(moment.getMilliseconds(), 3);
}

// A moment on this browser's clock, with its zone; of another day with its date.
function clock(at) {
  const moment = new Date(at);
  const isToday = moment.toDateString() === new Date().toDateString();
  const date = [moment.getFullYear(), digits(moment.getMonth() + 1, 2), digits(moment.getDate(), 2)].join("-") + " ";
  const node = element("time", "", (isToday ? "" : date) + timeOfDay(moment), element("span", "", " " + zone(moment)));
  node.dateTime = moment.toISOString();
  node.title = moment.toISOString();
  return node;
}

// How long something took.
function span(milliseconds) {
  if (milliseconds < 1000) return Math.max(0, milliseconds) + " ms";
  if (milliseconds < 60000) return (milliseconds / 1000).toFixed(1) + " s";
  return Math.floor(milliseconds / 60000) + " min " + Math.round(milliseconds % 60000 / 1000) + " s";
}

const LONGEST_TEXT = 6000;

// What a person reads of a very long text.
function shortened(text) {
  const characters = text.length > LONGEST_TEXT ? [...text] : [];
  if (characters.length <= LONGEST_TEXT) return text;
  return characters.slice(0, LONGEST_TEXT).join("") + "… (" + (characters.length - LONGEST_TEXT) + " more characters)";
}

// A link, if its address is one of the web; everything else stays a text.
function link(address, label, className) {
  if (!/^(https?|mailto):/i.test(address)) return element("span", className, label);
  const node = element("a", className, label);
  node.href = address;
  node.rel = "noopener noreferrer";
  node.target = "_blank";
  return node;
}

// What the product would load from elsewhere or let a person operate, which this page does not.
function unshown(text) {
  return element("p", "unshown", text);
}

function counted(number, one, many) {
  return number + " " + (number === 1 ? one : many);
}

// How the page draws what each stand-in holds, by the name of the stand-in; its own part of the script says it.
const products = {};
