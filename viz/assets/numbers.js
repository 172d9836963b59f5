// Numbers: exact from the file to the page, written as Python writes them, and sums that are rounded once.
"use strict";

// Float64 numbers in little-endian order, in base64.
function floats(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / 8 }, (_, index) => view.getFloat64(8 * index, true));
}

// Whole numbers from 0 to 255 over a divisor, as the pixels of most images are.
function fractions(text, divisor) {
  return Array.from(atob(text), (letter) => letter.charCodeAt(0) / divisor);
}

const power = (exponent) => `e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;

// As `repr`: the shortest spelling that reads back as the same number.
function exact(x) {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  if (x === 0) return Object.is(x, -0) ? "-0.0" : "0.0";
  const [digits, exponent] = x.toExponential().split("e");
  if (exponent < -4 || exponent >= 16) return digits + power(Number(exponent));
  return Number.isInteger(x) ? `${x}.0` : String(x);
}

// As `viz.text.number`: exact if that is short, else to four significant digits.
function short(x) {
  const whole = exact(x);
  if (whole.length <= 7 || !Number.isFinite(x)) return whole;
  const [digits, exponent] = x.toExponential(3).split("e");
  if (exponent < -4 || exponent >= 4) return digits + power(Number(exponent));
  const plain = x.toFixed(3 - exponent);
  return plain.includes(".") ? plain : x.toFixed(1);
}

// Two significant digits, for cells of a table.
function compact(x) {
  if (!Number.isFinite(x) || x === 0) return x === 0 ? "0" : exact(x);
  const size = Math.abs(x);
  return size >= 0.001 && size < 9999.5 ? String(Number(x.toPrecision(2))) : x.toExponential(0).replace("e+", "e");
}

// As `math.fsum`: the sum as if it were added exactly and rounded once (J. Shewchuk, 1997), and with the plain sum for
// numbers that have no exact one.
function total(numbers) {
  let parts = [];
  for (let x of numbers) {
    const kept = [];
    for (let y of parts) {
      if (Math.abs(x) < Math.abs(y)) [x, y] = [y, x];
      const high = x + y;
      const low = y - (high - x);
      if (low) kept.push(low);
      x = high;
    }
    parts = [...kept, x];
  }
  if (!parts.every(Number.isFinite)) return numbers.reduce((sum, x) => sum + x, 0);
  let high = 0;
  let low = 0;
  while (parts.length && low === 0) {
    const x = high;
    const y = parts.pop();
    high = x + y;
    low = y - (high - x);
  }
  // Half-way cases round to even, which the parts that are left decide.
  const next = high + 2 * low;
  const isHalf = parts.length && Math.sign(low) === Math.sign(parts.at(-1)) && next - high === 2 * low;
  return isHalf ? next : high;
}

// The product with its sign turned; 0 has no sign.
const against = (x, y) => 0 - x * y;

const largest = (numbers) => numbers.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 0);

// The size of a number as a share of the largest one; 0 for what is not finite.
const shareOf = (x, scale) => (scale > 0 && Number.isFinite(x) ? Math.min(1, Math.abs(x) / scale) : 0);

const sizeOf = (x) => (Number.isNaN(x) ? Infinity : Math.abs(x));

// The indices of the numbers farthest from 0, the farthest first; equal ones in their order.
const ranked = (numbers) => [...numbers.keys()].sort((i, j) => (sizeOf(numbers[i]) === sizeOf(numbers[j]) ? i - j : sizeOf(numbers[j]) - sizeOf(numbers[i])));

// The places of at most `count` numbers, those farthest from 0, in their order; one of them may be asked for.
function foremost(numbers, count, always = []) {
  const order = numbers.length <= count ? [...numbers.keys()] : [...new Set([...always, ...ranked(numbers)])];
  return order.slice(0, count).sort((i, j) => i - j);
}
