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

const keysOf = (path) => ["Properties", ...path];

/** The values on the way to a path in a resource's overrides: the overrides themselves, then what each key but the last leads to. */
function way(resource, path) {
  const held = [resource.rawOverrides];
  for (const key of keysOf(path).slice(0, -1)) held.push((held[held.length - 1] || {})[key]);
  return held;
}

/** Override a property of a resource, also inside a list of an earlier override; returns whether that was possible. */
exports.write = function (resource, path, value) {
  const held = way(resource, path);
  if (held.some((one) => one && typeof one.resolve === "function")) return false;
  if (!held.some(Array.isArray)) {
    resource.addPropertyOverride(path.join("."), value);
    return true;
  }
  // addPropertyOverride would put an object in place of a list that stands in an earlier override.
  const keys = keysOf(path);
  let at = resource.rawOverrides;
  for (const key of keys.slice(0, -1)) {
    const one = at[key];
    at = at[key] = Array.isArray(one) ? [...one] : { ...one }; // it may be shared with other resources
  }
  at[keys[keys.length - 1]] = value;
  return true;
};

/** Take back what `write` wrote, unless it was changed since. */
exports.unwrite = function (resource, path, value) {
  const held = way(resource, path);
  const keys = keysOf(path);
  if ((held[held.length - 1] || {})[keys[keys.length - 1]] !== value) return;
  for (let depth = held.length - 1; depth >= 0; depth--) {
    if (Array.isArray(held[depth])) held[depth].splice(keys[depth], 1);
    else delete held[depth][keys[depth]];
    if (Array.isArray(held[depth]) || Object.keys(held[depth]).length > 0) return;
  }
};
