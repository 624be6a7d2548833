// One function behind POST /hook of a REST API, and one bucket.
const { App, CliCredentialsStackSynthesizer, RemovalPolicy, Stack } = require("aws-cdk-lib");
const { LambdaIntegration, RestApi } = require("aws-cdk-lib/aws-apigateway");
const { Architecture, Code, Function, Runtime } = require("aws-cdk-lib/aws-lambda");
const { Bucket } = require("aws-cdk-lib/aws-s3");

const app = new App();
const stack = new Stack(app, "peer-cdk", {
  // As the caller, without a change of roles: so do the others.
  synthesizer: new CliCredentialsStackSynthesizer(),
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: "ap-northeast-1" },
});
const hook = new Function(stack, "Hook", {
  // Packs the folder beside this file; no build.
  code: Code.fromAsset(`${__dirname}/function`),
  handler: "bootstrap",
  runtime: Runtime.PROVIDED_AL2023,
  architecture: Architecture.X86_64,
});
const api = new RestApi(stack, "Api", { deployOptions: { stageName: "v1" } });
api.root.addResource("hook").addMethod("POST", new LambdaIntegration(hook, { allowTestInvoke: false }));
// Deleted with the stack, as SAM and osls do without being told.
new Bucket(stack, "Files", { removalPolicy: RemovalPolicy.DESTROY });
