"use strict";
// What surrounds a construct that is to be made.
const { PropertyInjectors, Stack, Token, aws_ec2 } = require("aws-cdk-lib");

function stackOf(construct) {
  return construct.node.scopes.reverse().find((scope) => Stack.isStack(scope)) || {};
}

function environment(construct, { account, region }) {
  const known = (name) => (name && !Token.isUnresolved(name) ? name : null);
  return { account: known(account), region: known(region), path: construct.node.path };
}

exports.Surroundings = class Surroundings {
  /** Whether a property injector applies to what `upstream`, a class of aws-ec2, would make in a scope, and the
   *  environments of that scope and of other constructs. An imported construct may be of another one than its stack. */
  static of(scope, upstream, others) {
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
};
