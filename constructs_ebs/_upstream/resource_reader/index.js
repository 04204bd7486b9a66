"use strict";
// What a resource would emit now, with its overrides: jsii shows neither CfnResource's overrides nor its rendered
// properties to Python. Plain JavaScript that uses only what all versions of aws-cdk-lib have alike.
const { DefaultTokenResolver, Lazy, Tokenization } = require("aws-cdk-lib");

const concat = {
  join(left, right) {
    if (left === undefined || right === undefined) return left === undefined ? right : left;
    const literal = typeof left !== "object" && typeof right !== "object";
    return literal ? `${left}${right}` : { "Fn::Join": ["", [left, right]] };
  },
};

const resolver = new DefaultTokenResolver(concat);

// A Lazy keeps its first value. Reading it before synthesis must not be that first time: user data, for one, may grow.
const boxed = Lazy.uncachedAny({ produce: () => undefined });
let lazy = Object.getPrototypeOf(boxed.inner || boxed);
while (Object.getPrototypeOf(lazy) !== Object.prototype) lazy = Object.getPrototypeOf(lazy);

function unkept(read) {
  const kept = lazy.resolve;
  lazy.resolve = function (context) {
    return this._cached !== undefined ? this._cached : this.producer.produce(context);
  };
  try {
    return read();
  } finally {
    lazy.resolve = kept;
  }
}

function resolve(scope, value) {
  const resolved = Tokenization.resolve(value, { scope, resolver, preparing: false });
  return resolved === undefined ? null : JSON.parse(JSON.stringify(resolved)); // as a template has it
}

function properties(resource, unset) {
  const [definition] = Object.values(resource._toCloudFormation().Resources || {});
  const found = (definition && resolve(resource, definition).Properties) || {};
  for (const { data: paths } of resource.node.metadata.filter((entry) => entry.type === unset)) {
    for (const path of paths) {
      const parent = path.slice(0, -1).reduce((at, key) => (at || {})[key], found);
      if (parent) parent[path[path.length - 1]] ??= { Ref: "AWS::NoValue" };
    }
  }
  return found;
}

exports.Emitted = class Emitted {
  /** The resources of these types at and below a scope, each with its properties or why they cannot be read.
   *  A path that the metadata of a resource lists under `unset` has AWS::NoValue there, unless it has a value. */
  static below(scope, types, names, unset) {
    const wanted = new Set(types);
    return scope.node.findAll().flatMap((resource) => {
      if (!wanted.has(resource.cfnResourceType)) return [];
      const found = { resource, path: resource.node.path, type: resource.cfnResourceType };
      try {
        return [unkept(() => ({ ...found, properties: properties(resource, unset), names: resolve(resource, names) }))];
      } catch (error) {
        return [{ ...found, error: error.message }];
      }
    });
  }

  /** Override one property of each resource, or of an L2's resource; returns for each whether that was possible. */
  static override(changes) {
    return changes.map(([construct, path, value]) => {
      const resource = construct.cfnResourceType ? construct : construct.node.defaultChild;
      const held = [(resource.rawOverrides || {}).Properties];
      for (const key of path.slice(0, -1)) held.push((held[held.length - 1] || {})[key]);
      if (held.some((one) => one && typeof one.resolve === "function")) return false;
      if (!held.some(Array.isArray)) {
        resource.addPropertyOverride(path.join("."), value);
        return true;
      }
      // addPropertyOverride would put an object in place of a list that stands in an earlier override.
      let at = resource.rawOverrides.Properties;
      for (const key of path.slice(0, -1)) {
        const one = at[key];
        at = at[key] = Array.isArray(one) ? [...one] : { ...one }; // it may be shared with other resources
      }
      at[path[path.length - 1]] = value;
      return true;
    });
  }

  /** For each place, a template's file and a logical ID, the resource that is there. */
  static find(scope, places) {
    const found = new Map(places.map(([file, id]) => [`${file} ${id}`, null]));
    for (const node of scope.node.findAll()) {
      if (!node.cfnResourceType) continue;
      const place = `${node.stack.templateFile} ${node.stack.resolve(node.logicalId)}`;
      if (found.has(place)) found.set(place, node);
    }
    return places.map(([file, id]) => found.get(`${file} ${id}`));
  }
};
