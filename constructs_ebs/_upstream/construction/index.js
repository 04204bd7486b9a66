"use strict";
// What surrounds a construct that is to be made, and how it is made.
const { PropertyInjectors, Stack, Token, aws_ec2 } = require("aws-cdk-lib");

function stackOf(construct) {
  return construct.node.scopes.reverse().find((scope) => Stack.isStack(scope)) || {};
}

function environment(construct, { account, region }) {
  const known = (name) => (name && !Token.isUnresolved(name) ? name : null);
  return { account: known(account), region: known(region), path: construct.node.path };
}

exports.Construction = class Construction {
  /** Whether a property injector applies to what `upstream`, a class of aws-ec2, would make in a scope, and the
   *  environments of that scope and of other constructs. An imported construct may be of another one than its stack. */
  static surroundings(scope, upstream, others) {
    const id = upstream && aws_ec2[upstream].PROPERTY_INJECTION_ID;
    const injectors = scope.node.scopes.filter((each) => PropertyInjectors.hasPropertyInjectors(each));
    return {
      injected: Boolean(id) && injectors.some((each) => PropertyInjectors.of(each).for(id) !== undefined),
      environments: [
        environment(scope, stackOf(scope)),
        ...others.map((each) => environment(each, each.env || stackOf(each))),
      ],
    };
  }

  /** Override a property of an L2's resource. */
  static override(construct, path, value) {
    construct.node.defaultChild.addPropertyOverride(path, value);
  }
};

// Upstream's volume without upstream's check, whose limits are not EC2's, and which takes no tokens: its constructor and
// property injectors get what was given all the same. validateProps is protected, and so part of upstream's API.
exports.Volume = class Volume extends aws_ec2.Volume {
  constructor(scope, id, props, overrides) {
    super(scope, id, props);
    for (const [path, value] of Object.entries(overrides)) exports.Construction.override(this, path, value);
  }

  validateProps() {}
};
