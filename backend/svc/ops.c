/* The operations that we call, as const tables. Limits and paging members:
 * reference 1.2 and 1.4; buckets: 2.1. */
#include "backend/svc/ecs.h"

const struct aws_op ecs_list_clusters = {
    .service = AWS_ECS, .name = "ListClusters",
    .bucket = AWS_B_CLUSTER_READ, .token_in = "nextToken",
    .token_out = "nextToken", .result = "clusterArns", .max_page = 100};

const struct aws_op ecs_describe_clusters = {
    .service = AWS_ECS, .name = "DescribeClusters",
    .bucket = AWS_B_CLUSTER_READ, .result = "clusters", .batch = 100};

const struct aws_op ecs_list_services = {
    .service = AWS_ECS, .name = "ListServices",
    .bucket = AWS_B_SERVICE_READ, .token_in = "nextToken",
    .token_out = "nextToken", .result = "serviceArns", .max_page = 100};

const struct aws_op ecs_describe_services = {
    .service = AWS_ECS, .name = "DescribeServices",
    .bucket = AWS_B_SERVICE_READ, .result = "services", .batch = 10};

const struct aws_op ecs_list_tasks = {
    .service = AWS_ECS, .name = "ListTasks",
    .bucket = AWS_B_RESOURCE_READ, .token_in = "nextToken",
    .token_out = "nextToken", .result = "taskArns", .max_page = 100};

const struct aws_op ecs_describe_tasks = {
    .service = AWS_ECS, .name = "DescribeTasks",
    .bucket = AWS_B_RESOURCE_READ, .result = "tasks", .batch = 100};

const struct aws_op ecs_describe_task_definition = {
    .service = AWS_ECS, .name = "DescribeTaskDefinition",
    .bucket = AWS_B_TASKDEF_READ, .result = "taskDefinition"};

const struct aws_op ecs_list_task_definitions = {
    .service = AWS_ECS, .name = "ListTaskDefinitions",
    .bucket = AWS_B_TASKDEF_READ, .token_in = "nextToken",
    .token_out = "nextToken", .result = "taskDefinitionArns",
    .max_page = 100};

/* Not idempotent for us: forceNewDeployment twice is two deployments. */
const struct aws_op ecs_update_service = {
    .service = AWS_ECS, .name = "UpdateService",
    .bucket = AWS_B_SERVICE_MODIFY, .mutates = true};

const struct aws_op ecs_stop_task = {
    .service = AWS_ECS, .name = "StopTask",
    .bucket = AWS_B_RESOURCE_MODIFY, .mutates = true};

const struct aws_op logs_filter_log_events = {
    .service = AWS_LOGS, .name = "FilterLogEvents",
    .bucket = AWS_B_LOGS_FILTER, .token_in = "nextToken",
    .token_out = "nextToken", .result = "events", .max_page = 10000};

/* The host's name changed on 2026-04-01 (reference 5.3). */
const struct aws_op logs_start_live_tail = {
    .service = AWS_LOGS, .name = "StartLiveTail", .bucket = AWS_B_OTHER,
    .host_prefix = "stream-", .old_host_prefix = "streaming-"};

const struct aws_op iam_simulate_principal_policy = {
    .service = AWS_IAM, .name = "SimulatePrincipalPolicy",
    .bucket = AWS_B_OTHER, .timeout_ms = 10000};
