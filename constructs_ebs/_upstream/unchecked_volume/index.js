"use strict";
// Upstream's volume without upstream's check, whose limits are not EC2's, and which takes no tokens: its constructor and
// property injectors get what was given all the same. validateProps is protected, and so part of upstream's API.
const { aws_ec2 } = require("aws-cdk-lib");

exports.Volume = class Volume extends aws_ec2.Volume {
  constructor(scope, id, props, overrides) {
    super(scope, id, props);
    for (const [path, value] of Object.entries(overrides)) this.node.defaultChild.addPropertyOverride(path, value);
  }

  validateProps() {}
};
