"use strict";
// Upstream's InstanceRequireImdsv2Aspect, which is also what require_imdsv2 adds, gives an instance a launch template that
// requires IMDSv2. It leaves an instance alone that has a launch template already, with a warning.
const { Annotations, AspectPriority, Aspects, Token, aws_ec2 } = require("aws-cdk-lib");

const WARNING = "@aws-cdk/aws-ec2:imdsv2RequireImdsv2Aspect";

/** Whether that Aspect applies to an instance: it is on the instance or on a construct above it. */
function asked(instance) {
  const aspects = instance.node.scopes.flatMap((scope) => Aspects.of(scope).all);
  return aspects.some((aspect) => aspect instanceof aws_ec2.InstanceRequireImdsv2Aspect);
}

/** Whether an instance requires IMDSv2 in its template, overrides included. */
function required(instance) {
  const [resource] = Object.values(instance.instance._toCloudFormation().Resources);
  const { MetadataOptions } = instance.stack.resolve(resource).Properties;
  return (MetadataOptions || {}).HttpTokens === "required";
}

exports.Imdsv2 = class Imdsv2 {
  /** Have an instance with a launch template of its own require IMDSv2 where that Aspect applies.
   *  The options stand on the instance: a new version of its launch template would replace it. */
  static follow(instance, problem) {
    const visit = (node) => {
      const options = instance.instance.metadataOptions;
      if (node !== instance || !asked(instance) || Token.isUnresolved(options)) return;
      instance.instance.metadataOptions = { ...options, httpTokens: "required" };
    };
    const validate = () => {
      if (!asked(instance)) return [];
      if (!required(instance)) return [problem];
      Annotations.of(instance).acknowledgeWarning(WARNING, "the instance itself requires IMDSv2");
      return [];
    };
    Aspects.of(instance).add({ visit }, { priority: AspectPriority.MUTATING });
    instance.node.addValidation({ validate });
  }
};
