"use strict";
// What resources emit, overrides included, and a default rate for them: jsii shows Python neither CfnResource's overrides
// nor its rendered properties, and lets an Aspect in Python visit one construct a call. Plain JavaScript that uses only
// what all versions of aws-cdk-lib have alike.
const { DefaultRate } = require("./default_rate.js");
const { properties, unkept } = require("./reading.js");

exports.DefaultRate = DefaultRate;

exports.Emitted = class Emitted {
  /** The resources of these types at and below a scope, each with its properties or why they cannot be read. */
  static below(scope, types) {
    const wanted = new Set(types);
    return scope.node.findAll().flatMap((resource) => {
      if (!wanted.has(resource.cfnResourceType)) return [];
      const found = { path: resource.node.path, type: resource.cfnResourceType };
      try {
        return [{ ...found, properties: properties(resource, unkept) }];
      } catch (error) {
        return [{ ...found, error: error.message }];
      }
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
