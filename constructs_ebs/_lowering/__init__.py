"""What our constructs hand to aws-cdk-lib: values as its types, and what a fleet, a key or an injector asks besides."""
