"use strict";
// What a resource would emit now, and changes of it.
const { DefaultTokenResolver, Tokenization } = require("aws-cdk-lib");

const concat = {
  join(left, right) {
    if (left === undefined || right === undefined) return left === undefined ? right : left;
    const literal = typeof left !== "object" && typeof right !== "object";
    return literal ? `${left}${right}` : { "Fn::Join": ["", [left, right]] };
  },
};

/** Resolves as synthesis does: a Lazy keeps its first value. */
exports.kept = new DefaultTokenResolver(concat);

/** Resolves before synthesis. A Lazy must not keep its value then: an ECS service, for one, may get another volume. */
exports.unkept = new (class extends DefaultTokenResolver {
  resolveToken(token, context, postProcessor) {
    const lazy = token.inner || token;
    const keeps = lazy.producer && lazy._cached === undefined;
    const fresh = keeps ? Object.create(lazy, { cache: { value: false } }) : token;
    return super.resolveToken(fresh, context, postProcessor);
  }
})(concat);

exports.resolve = function (scope, value, resolver) {
  const resolved = Tokenization.resolve(value, { scope, resolver, preparing: false });
  return resolved === undefined ? null : JSON.parse(JSON.stringify(resolved)); // as a template has it
};

exports.properties = function (resource, resolver) {
  const [definition] = Object.values(resource._toCloudFormation().Resources || {});
  return (definition && exports.resolve(resource, definition, resolver).Properties) || {};
};

/** The overrides of a resource, and what each key on the way to a property but the last leads to. */
function wayTo(resource, keys) {
  const held = [resource.rawOverrides];
  for (const key of keys.slice(0, -1)) held.push((held[held.length - 1] || {})[key]);
  return held;
}

/** Override a property of a resource, also inside a list of an earlier override. Returns a function that takes it back,
 *  or nothing if it was not possible. */
exports.write = function (resource, path, value) {
  const keys = ["Properties", ...path];
  const last = keys[keys.length - 1];
  const held = wayTo(resource, keys);
  if (held.some((one) => one && typeof one.resolve === "function")) return undefined;
  const holder = held[held.length - 1] || {};
  const before = last in holder ? [holder[last]] : [];
  if (held.some(Array.isArray)) {
    // addPropertyOverride would put an object in place of a list that stands in an earlier override.
    let at = resource.rawOverrides;
    for (const key of keys.slice(0, -1)) {
      const one = at[key];
      at = at[key] = Array.isArray(one) ? [...one] : { ...one }; // it may be shared with other resources
    }
    at[last] = value;
  } else resource.addPropertyOverride(path.join("."), value);
  return () => unwrite(resource, keys, value, before);
};

/** Take back a value that was written, unless it was changed since: what was there before, if anything, comes back. */
function unwrite(resource, keys, value, before) {
  const last = keys[keys.length - 1];
  const holder = wayTo(resource, keys).pop() || {};
  if (holder[last] !== value) return;
  if (before.length > 0) [holder[last]] = before;
  else delete holder[last];
}
