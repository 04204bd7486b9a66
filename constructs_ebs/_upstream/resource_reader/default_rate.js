"use strict";
// A default rate as an Aspect and a Mixin in one. All constructs are visited here, in Node: Python is asked once for all
// resources of a default rate.
const { Annotations, Aspects, Mixin, Stage } = require("aws-cdk-lib");
const { Dependable } = require("constructs");
const { kept, properties, resolve, unkept, unwrite, write } = require("./reading.js");

const types = new Set(); // of the resources with volumes
const written = new WeakMap(); // what the last synthesis wrote, by resource
const reached = new WeakMap(); // the default rates that were there when a stage was synthesized
const hooks = new WeakMap(); // by stage

class DefaultRate extends Mixin {
  constructor(optsOut, names, mark, ofTypes) {
    super();
    Object.assign(this, { optsOut, names, mark, asked: 0, now: [], synthesized: new Map() });
    Object.assign(this, { ahead: new Set(), foreseen: new Map() });
    ofTypes.forEach((type) => types.add(type));
  }

  /** Decides about resources, given as JSON; Python overrides it.
   *  Returns for each resource its volumes, each as [path, value, code, message]: what to write where, unless it is left
   *  alone, and a warning for when it is. */
  decide(rows) {
    throw new Error(`nothing decides about ${rows}`);
  }

  /** The resources so far, each as the number of its decision and whether each of its values could be written. */
  outcomes() {
    return [...this.now, ...[...this.synthesized.values()].flat()];
  }

  visit(node) {
    arm(stageOf(node));
  }

  /** A Mixin is asked about a scope first, and then about all that is below: read all of that at once. */
  supports(construct) {
    if (!this.ahead.delete(construct)) {
      const [, ...below] = construct.node.findAll();
      this.ahead = new Set(below);
      this.foreseen = this.ask([construct, ...below].filter(hasVolumes).map((one) => this.row(one, unkept, { optedOut: this.optsOut })));
    }
    return hasVolumes(construct);
  }

  applyTo(resource) {
    const row = this.row(resource, unkept, { optedOut: this.optsOut });
    let found = this.foreseen.get(resource);
    if (!found || found.text !== row.text) found = this.ask([row]).get(resource); // it has changed since
    if (this.optsOut) resource.node.addMetadata(this.mark, [[]]);
    this.now.push([found.id, found.volumes.map(([path, value]) => Boolean(path) && write(resource, path, value))]);
  }

  row(resource, resolver, more = {}) {
    const row = { path: resource.node.path, type: resource.cfnResourceType, ...more };
    const [nearest] = defaultsOf(resource);
    if (nearest && nearest.optsOut) row.optedOut = true;
    try {
      row.properties = properties(resource, resolver);
      row.names = resolve(resource, this.names, resolver);
      for (const { data: paths } of resource.node.metadata.filter((entry) => entry.type === this.mark)) {
        for (const path of paths) {
          if (path.length === 0) row.optedOut = true;
          const parent = path.slice(0, -1).reduce((at, key) => (at || {})[key], row.properties);
          if (parent) parent[path[path.length - 1]] ??= { Ref: "AWS::NoValue" };
        }
      }
    } catch (error) {
      row.error = error.message;
    }
    return { resource, text: JSON.stringify(row) };
  }

  ask(rows) {
    if (rows.length === 0) return new Map();
    const first = this.asked;
    const answers = this.decide(`[${rows.map((row) => row.text)}]`);
    this.asked += rows.length;
    return new Map(rows.map((row, index) => [row.resource, { ...row, id: first + index, volumes: answers[index] }]));
  }
}

const hasVolumes = (construct) => types.has(construct.cfnResourceType);

const stageOf = (construct) => [...construct.node.scopes].reverse().find(Stage.isStage) || construct.node.root;

/** The default rates around a construct, the nearest first; of several of one scope the last counts. */
function defaultsOf(construct) {
  const found = [...construct.node.scopes].reverse().map((scope) => {
    return Aspects.of(scope).all.filter((aspect) => aspect instanceof DefaultRate).pop();
  });
  return [...new Set(found.filter(Boolean))];
}

/** Have `rateAll` called between the last Aspect of a stage and the hashing of its nested stacks: synthesis asks what a
 *  construct depends on exactly then. */
function arm(stage) {
  if (!hooks.has(stage)) {
    const hook = {};
    Dependable.implement(hook, {
      get dependencyRoots() {
        rateAll(stage);
        return [];
      },
    });
    hooks.set(stage, hook);
  }
  stage.node.addDependency(hooks.get(stage));
}

function disarm(stage) {
  if (hooks.has(stage)) stage.node.removeDependency(hooks.get(stage));
}

// Aspects end at a Stage, which is synthesized before what is around it. Default rates do not.
const { synth } = Stage.prototype;
Stage.prototype.synth = function (options) {
  if (this.node.scope && defaultsOf(this.node.scope).length > 0) arm(this);
  try {
    return synth.call(this, options);
  } finally {
    disarm(this);
  }
};

function rateAll(stage) {
  disarm(stage);
  const rows = new Map();
  for (const resource of stage.node.findAll().filter(hasVolumes)) {
    const defaults = defaultsOf(resource);
    const itsStage = stageOf(resource);
    if (itsStage === stage) {
      (written.get(resource) || []).forEach(([path, value]) => unwrite(resource, path, value));
      written.delete(resource);
    }
    const late = itsStage !== stage && itsStage.node.path;
    if (late && (reached.get(itsStage) || new Set()).has(defaults[0])) continue;
    for (const [index, rate] of (late ? defaults.slice(0, 1) : defaults).entries()) {
      if (!rows.has(rate)) rows.set(rate, []);
      rows.get(rate).push(rate.row(resource, kept, late ? { late } : { nearer: index > 0 }));
    }
  }
  reached.set(stage, new Set(rows.keys()));
  for (const [rate, found] of rows) {
    const outcomes = [...rate.ask(found).values()].map((row) => [row.id, row.volumes.map((one) => put(row.resource, one))]);
    rate.synthesized.set(stage, outcomes);
  }
}

/** Write a value at synthesis, or warn; returns whether it was written. */
function put(resource, [path, value, code, message]) {
  const done = Boolean(path) && write(resource, path, value);
  if (done) written.set(resource, [...(written.get(resource) || []), [path, value]]);
  else if (code) Annotations.of(resource).addWarningV2(`constructs-ebs:${code}`, message);
  return done;
}

exports.DefaultRate = DefaultRate;
