"use strict";
// A default rate, an Aspect and a Mixin in one. Constructs are visited here, in Node; Python is asked once about all
// resources together.
const { Annotations, Aspects, Mixin, Stage } = require("aws-cdk-lib");
const { Dependable } = require("constructs");
const { kept, properties, resolve, unkept, write } = require("./reading.js");

const types = new Set(); // of resources with volumes
const hasVolumes = (construct) => types.has(construct.cfnResourceType);

const hooks = new WeakMap(); // what a stage depends on while it is synthesized
const reached = new WeakMap(); // the default rates that a stage was synthesized with
const written = new WeakMap(); // what takes back what the last synthesis wrote into a resource

class DefaultRate extends Mixin {
  constructor(optsOut, names, mark, ofTypes) {
    super();
    Object.assign(this, { optsOut, names, mark });
    Object.assign(this, { asked: 0, now: [], atSynth: new Map(), ahead: new Set(), foreseen: new Map() });
    ofTypes.forEach((type) => types.add(type));
  }

  /** Decides about resources, given as JSON; Python overrides it. Returns for each resource its volumes, each as path,
   *  value, code and message: what to write where, unless it is left alone, and what to warn of if nothing is written. */
  decide(rows) {
    throw new Error(`nobody decides about ${rows}`);
  }

  /** Each resource so far: the number that Python knows it by, and which values were written. */
  outcomes() {
    return [...this.now, ...[...this.atSynth.values()].flat()];
  }

  /** The Aspect: nothing is rated before all Aspects are done. */
  visit(node) {
    arm(stageOf(node));
  }

  /** The Mixin: whoever applies it asks about a scope first, and then about what is below, so all of that is read now. */
  supports(construct) {
    if (!this.ahead.delete(construct)) {
      const all = construct.node.findAll();
      this.ahead = new Set(all.slice(1));
      this.foreseen = this.ask(all.filter(hasVolumes).map((resource) => this.readNow(resource)));
    }
    return hasVolumes(construct);
  }

  applyTo(resource) {
    const row = this.readNow(resource);
    let found = this.foreseen.get(resource);
    if (!found || found.text !== row.text) found = this.ask([row]).get(resource); // it has changed since
    if (this.optsOut) resource.node.addMetadata(this.mark, []);
    this.now.push([found.id, found.volumes.map(([path, value]) => Boolean(path && write(resource, path, value)))]);
  }

  readNow(resource) {
    return this.read(resource, unkept, { optedOut: this.optsOut });
  }

  read(resource, resolver, facts) {
    const row = { path: resource.node.path, type: resource.cfnResourceType, ...facts };
    const [nearest] = defaultsOf(resource);
    const marks = resource.node.metadata.filter((entry) => entry.type === this.mark).map((entry) => entry.data);
    if ((nearest && nearest.optsOut) || marks.some((paths) => paths.length === 0)) row.optedOut = true;
    try {
      row.properties = properties(resource, resolver);
      row.names = resolve(resource, this.names, resolver);
    } catch (error) {
      row.error = error.message;
    }
    for (const path of marks.flat()) {
      const parent = path.slice(0, -1).reduce((at, key) => (at || {})[key], row.properties);
      if (parent) parent[path[path.length - 1]] = { Ref: "AWS::NoValue" };
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

const stageOf = (construct) => construct.node.scopes.reverse().find(Stage.isStage);

/** The default rates on a construct itself. */
const defaultsOn = (construct) => Aspects.of(construct).all.filter((aspect) => aspect instanceof DefaultRate);

/** The default rates that are around a construct, the nearest first. Of several on one scope the last counts. */
const defaultsOf = (construct) => [...new Set(construct.node.scopes.reverse().flatMap((one) => defaultsOn(one).slice(-1)))];

/** Have a stage rated when its Aspects are done: that is when synthesis asks what each construct depends on. Later, at
 *  validation, nested stacks are hashed, and a changed rate would not deploy. */
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

// CDK's Aspects end at a stage, which is synthesized before what is around it. Default rates do not end there.
const { synth } = Stage.prototype;
Stage.prototype.synth = function (options) {
  if ([...this.node.scopes, ...this.node.findAll()].some((one) => defaultsOn(one).length > 0)) arm(this);
  try {
    return synth.call(this, options);
  } finally {
    if (hooks.has(this)) this.node.removeDependency(hooks.get(this));
  }
};

function rateAll(stage) {
  const rows = new Map();
  const add = (rate, row) => (rows.has(rate) ? rows.get(rate).push(row) : rows.set(rate, [row]));
  for (const resource of stage.node.findAll().filter(hasVolumes)) {
    const defaults = defaultsOf(resource);
    const itsStage = stageOf(resource);
    if (itsStage === stage) {
      for (const takeBack of written.get(resource) || []) takeBack();
      written.delete(resource);
      defaults.forEach((rate, index) => add(rate, rate.read(resource, kept, { nearer: index > 0 })));
    } else if (defaults.length > 0 && !(reached.get(itsStage) || new Set()).has(defaults[0])) {
      add(defaults[0], defaults[0].read(resource, kept, { late: itsStage.node.path }));
    }
  }
  reached.set(stage, new Set(rows.keys()));
  for (const [rate, found] of rows) {
    const outcomes = [...rate.ask(found).values()].map(({ resource, id, volumes }) => [
      id,
      volumes.map((volume) => put(resource, volume)),
    ]);
    rate.atSynth.set(stage, outcomes);
  }
}

/** Write a value at synthesis, or warn; returns whether it was written. */
function put(resource, [path, value, code, message]) {
  const takeBack = path && write(resource, path, value);
  if (takeBack) written.set(resource, [...(written.get(resource) || []), takeBack]);
  else if (code) Annotations.of(resource).addWarningV2(`constructs-ebs:${code}`, message);
  return Boolean(takeBack);
}

exports.DefaultRate = DefaultRate;
