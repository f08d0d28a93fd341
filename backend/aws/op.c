#include "backend/aws/op.h"

#include <assert.h>

static const struct aws_service_info services[AWS_SERVICE_N] = {
    [AWS_ECS] = {
        .name = "ECS", .target = "AmazonEC2ContainerServiceV20141113",
        .host = "ecs", .signing_name = "ecs", .env_suffix = "ECS",
        .config_key = "ecs", .protocol = AWS_JSON_1_1},
    [AWS_LOGS] = {
        .name = "CloudWatch Logs", .target = "Logs_20140328",
        .host = "logs", .signing_name = "logs",
        .env_suffix = "CLOUDWATCH_LOGS", .config_key = "cloudwatch_logs",
        .protocol = AWS_JSON_1_1},
    [AWS_STS] = {
        .name = "STS", .version = "2011-06-15", .host = "sts",
        .signing_name = "sts", .env_suffix = "STS", .config_key = "sts",
        .protocol = AWS_QUERY},
    [AWS_CLOUDWATCH] = {
        .name = "CloudWatch", .target = "GraniteServiceVersion20100801",
        .host = "monitoring", .signing_name = "monitoring",
        .env_suffix = "CLOUDWATCH", .config_key = "cloudwatch",
        .protocol = AWS_JSON_1_0},
    [AWS_AUTOSCALING] = {
        .name = "Application Auto Scaling",
        .target = "AnyScaleFrontendService",
        .host = "application-autoscaling",
        .signing_name = "application-autoscaling",
        .env_suffix = "APPLICATION_AUTO_SCALING",
        .config_key = "application_auto_scaling", .protocol = AWS_JSON_1_1},
    [AWS_ELBV2] = {
        .name = "Elastic Load Balancing", .version = "2015-12-01",
        .host = "elasticloadbalancing",
        .signing_name = "elasticloadbalancing",
        .env_suffix = "ELASTIC_LOAD_BALANCING_V2",
        .config_key = "elastic_load_balancing_v2", .protocol = AWS_QUERY},
    [AWS_EC2] = {
        .name = "EC2", .version = "2016-11-15", .host = "ec2",
        .signing_name = "ec2", .env_suffix = "EC2", .config_key = "ec2",
        .protocol = AWS_QUERY_EC2},
    [AWS_SERVICEDISCOVERY] = {
        .name = "Cloud Map", .target = "Route53AutoNaming_v20170314",
        .host = "servicediscovery", .signing_name = "servicediscovery",
        .env_suffix = "SERVICEDISCOVERY", .config_key = "servicediscovery",
        .protocol = AWS_JSON_1_1},
    [AWS_CODEDEPLOY] = {
        .name = "CodeDeploy", .target = "CodeDeploy_20141006",
        .host = "codedeploy", .signing_name = "codedeploy",
        .env_suffix = "CODEDEPLOY", .config_key = "codedeploy",
        .protocol = AWS_JSON_1_1},
    [AWS_ECR] = {
        .name = "ECR", .target = "AmazonEC2ContainerRegistry_V20150921",
        .host = "api.ecr", .signing_name = "ecr", .env_suffix = "ECR",
        .config_key = "ecr", .protocol = AWS_JSON_1_1},
    [AWS_EVENTS] = {
        .name = "EventBridge", .target = "AWSEvents", .host = "events",
        .signing_name = "events", .env_suffix = "EVENTBRIDGE",
        .config_key = "eventbridge", .protocol = AWS_JSON_1_1},
    [AWS_SECRETSMANAGER] = {
        .name = "Secrets Manager", .target = "secretsmanager",
        .host = "secretsmanager", .signing_name = "secretsmanager",
        .env_suffix = "SECRETS_MANAGER", .config_key = "secrets_manager",
        .protocol = AWS_JSON_1_1},
    [AWS_SSM] = {
        .name = "SSM", .target = "AmazonSSM", .host = "ssm",
        .signing_name = "ssm", .env_suffix = "SSM", .config_key = "ssm",
        .protocol = AWS_JSON_1_1},
    [AWS_SSO] = {
        .name = "the SSO portal", .host = "portal.sso",
        .signing_name = "awsssoportal", .env_suffix = "SSO",
        .config_key = "sso", .protocol = AWS_REST_JSON},
    [AWS_SSO_OIDC] = {
        .name = "SSO OIDC", .host = "oidc", .signing_name = "sso-oauth",
        .env_suffix = "SSO_OIDC", .config_key = "sso_oidc",
        .protocol = AWS_REST_JSON},
    [AWS_SIGNIN] = {
        .name = "AWS Sign-In", .host = "signin", .signing_name = "signin",
        .env_suffix = "SIGNIN", .config_key = "signin",
        .protocol = AWS_REST_JSON},
    [AWS_IAM] = {
        .name = "IAM", .version = "2010-05-08", .host = "iam",
        .signing_name = "iam", .env_suffix = "IAM", .config_key = "iam",
        .protocol = AWS_QUERY},
};

const struct aws_service_info *aws_service_info(enum aws_service service)
{
    assert((int)service >= 0 && service < AWS_SERVICE_N);
    return &services[service];
}
