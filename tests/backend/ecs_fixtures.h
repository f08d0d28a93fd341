/* ecs_fixtures.h - whole replies of ECS, one of each kind, with every member
 * that the decoders read and some that they do not know. */
#ifndef ECSDASH_TESTS_BACKEND_ECS_FIXTURES_H
#define ECSDASH_TESTS_BACKEND_ECS_FIXTURES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
/* cmocka needs the four above first. */
#include <cmocka.h>
#include <jansson.h>

#include "backend/base/mem.h"

#define ARN "arn:aws:ecs:eu-west-1:123456789012:"

/* Fixtures are written with ' for ". */
static const char cluster_text[] =
    "{'clusterArn':'" ARN "cluster/prod','clusterName':'prod',"
    "'status':'ACTIVE','registeredContainerInstancesCount':3,"
    "'runningTasksCount':41,'pendingTasksCount':2,'activeServicesCount':7,"
    "'statistics':[{'name':'runningEC2TasksCount','value':'11'},"
    "{'name':'runningFargateTasksCount','value':'30'}],"
    "'capacityProviders':['FARGATE','FARGATE_SPOT'],"
    "'settings':[{'name':'containerInsights','value':'enhanced'}],"
    "'tags':[{'key':'env','value':'prod'},{'key':'bare'}],"
    "'futureMember':{'x':[1,2,{'y':null}]}}";

static const char service_text[] =
    "{'serviceArn':'" ARN "service/prod/web','serviceName':'web',"
    "'clusterArn':'" ARN "cluster/prod','status':'ACTIVE',"
    "'desiredCount':4,'runningCount':3,'pendingCount':1,"
    "'launchType':'FARGATE',"
    "'capacityProviderStrategy':[{'capacityProvider':'FARGATE_SPOT',"
    "'weight':3,'base':0},{'capacityProvider':'FARGATE','weight':1}],"
    "'taskDefinition':'" ARN "task-definition/web:143',"
    "'platformVersion':'1.4.0','platformFamily':'Linux',"
    "'schedulingStrategy':'REPLICA',"
    "'deploymentController':{'type':'CODE_DEPLOY'},"
    "'deploymentConfiguration':{'maximumPercent':200,"
    "'minimumHealthyPercent':50,'strategy':'ROLLING',"
    "'deploymentCircuitBreaker':{'enable':true,'rollback':true},"
    "'alarms':{'alarmNames':['5xx','slow'],'enable':true}},"
    "'deployments':[{'id':'ecs-svc/2','status':'PRIMARY',"
    "'taskDefinition':'" ARN "task-definition/web:143',"
    "'rolloutState':'IN_PROGRESS','rolloutStateReason':'in progress.',"
    "'desiredCount':4,'runningCount':1,'pendingCount':1,'failedTasks':5,"
    "'createdAt':1795271000.25,'updatedAt':1795271100,"
    "'launchType':'FARGATE','platformVersion':'1.4.0',"
    "'capacityProviderStrategy':[{'capacityProvider':'FARGATE',"
    "'weight':2}]},"
    "{'id':'ecs-svc/1','status':'ACTIVE','taskDefinition':"
    "'" ARN "task-definition/web:142','desiredCount':4,'runningCount':2}],"
    "'taskSets':[{'id':'ecs-svc/9','status':'ACTIVE','taskDefinition':"
    "'" ARN "task-definition/web:144','stabilityStatus':'STABILIZING',"
    "'externalId':'d-ABC','computedDesiredCount':4,'runningCount':1,"
    "'pendingCount':2}],"
    "'events':[{'id':'e3','createdAt':1795271400,"
    "'message':'(service web) has started 1 tasks: (task aaaa).'},"
    "{'id':'e2','createdAt':1795271300,"
    "'message':'(service web) is unable to place a task.'},"
    "{'id':'e1','createdAt':1795271200,"
    "'message':'(service web) has reached a steady state.'}],"
    "'loadBalancers':[{'targetGroupArn':'arn:tg/web','containerName':'app',"
    "'containerPort':8080}],"
    "'networkConfiguration':{'awsvpcConfiguration':{'subnets':['subnet-1',"
    "'subnet-2'],'securityGroups':['sg-1'],'assignPublicIp':'DISABLED'}},"
    "'serviceRegistries':[{'registryArn':'arn:sd/web'}],"
    "'placementStrategy':[{'type':'spread','field':'az'},"
    "{'type':'binpack','field':'memory'}],"
    "'placementConstraints':[{'type':'distinctInstance'}],"
    "'healthCheckGracePeriodSeconds':60,'enableExecuteCommand':true,"
    "'propagateTags':'SERVICE','availabilityZoneRebalancing':'ENABLED',"
    "'createdBy':'arn:aws:iam::123456789012:role/ci',"
    "'roleArn':'arn:aws:iam::123456789012:role/ecs',"
    "'currentServiceDeployment':'" ARN "service-deployment/prod/web/x',"
    "'createdAt':1700000000.5,'tags':[{'key':'team','value':'pay'}],"
    "'brandNew':['a',1,null]}";

static const char task_text[] =
    "{'taskArn':'" ARN "task/prod/0123456789abcdef0123456789abcdef',"
    "'clusterArn':'" ARN "cluster/prod',"
    "'taskDefinitionArn':'" ARN "task-definition/web:143',"
    "'group':'service:web','startedBy':'ecs-svc/2','launchType':'FARGATE',"
    "'capacityProviderName':'FARGATE_SPOT',"
    "'containerInstanceArn':'" ARN "container-instance/prod/i',"
    "'availabilityZone':'eu-west-1a','platformVersion':'1.4.0',"
    "'cpu':'256','memory':'512','lastStatus':'STOPPED',"
    "'desiredStatus':'STOPPED','healthStatus':'UNKNOWN',"
    "'connectivity':'CONNECTED','stopCode':'EssentialContainerExited',"
    "'stoppedReason':'Essential container in task exited',"
    "'createdAt':1795271000.001,'pullStartedAt':1795271001,"
    "'pullStoppedAt':1795271002,'startedAt':1795271003.5,"
    "'stoppingAt':1795271010,'executionStoppedAt':1795271011,"
    "'stoppedAt':1795271012.75,'version':7,'enableExecuteCommand':true,"
    "'containers':[{'containerArn':'" ARN "container/prod/x/c1',"
    "'name':'app','image':'repo/app:1','imageDigest':'sha256:1',"
    "'runtimeId':'rt-1','lastStatus':'STOPPED','healthStatus':'UNHEALTHY',"
    "'reason':'OutOfMemoryError: killed','exitCode':137,"
    "'networkInterfaces':[{'privateIpv4Address':'10.0.0.9'}],"
    "'networkBindings':[{'containerPort':8080,'hostPort':32768,"
    "'protocol':'tcp'},{'containerPort':53,'hostPort':53,"
    "'protocol':'udp'}],'cpu':'128','memory':'256',"
    "'memoryReservation':'64','managedAgents':[{'name':"
    "'ExecuteCommandAgent','lastStatus':'RUNNING'}]},"
    "{'name':'envoy','lastStatus':'STOPPED'}],"
    "'attachments':[{'type':'ElasticNetworkInterface','details':["
    "{'name':'subnetId','value':'subnet-1'},"
    "{'name':'networkInterfaceId','value':'eni-1'},"
    "{'name':'privateIPv4Address','value':'10.0.0.7'}]}],"
    "'overrides':{'cpu':'512','taskRoleArn':'arn:role/t',"
    "'containerOverrides':[{'name':'app','command':['sh','-c'],'cpu':10,"
    "'environment':[{'name':'TOKEN','value':'hunter2'},"
    "{'name':'EMPTY','value':''}]}]},"
    "'tags':[{'key':'a','value':'b'}],'unheardOf':true}";

static const char taskdef_text[] =
    "{'taskDefinition':{'taskDefinitionArn':'" ARN "task-definition/web:143',"
    "'family':'web','status':'ACTIVE','revision':143,"
    "'networkMode':'awsvpc','cpu':'256','memory':'512',"
    "'taskRoleArn':'arn:role/t','executionRoleArn':'arn:role/e',"
    "'registeredAt':1795270000.5,'containerDefinitions':["
    "{'name':'app','image':'repo/app:1','essential':true,'memory':256,"
    "'cpu':128,'healthCheck':{'command':['CMD','true']},"
    "'logConfiguration':{'logDriver':'awslogs','options':{"
    "'awslogs-group':'/ecs/web','awslogs-region':'eu-west-1',"
    "'awslogs-stream-prefix':'ecs','mode':'non-blocking'}}},"
    "{'name':'sidecar','essential':false},{'name':'silent'}]},"
    "'tags':[]}";

static inline json_t *json_of(const char *text)
{
    char *copy = xstrdup(text);
    json_error_t e;
    for (char *p = copy; *p; p++)
        if (*p == '\'')
            *p = '"';
    json_t *o = json_loads(copy, JSON_DECODE_ANY, &e);
    if (!o)
        fail_msg("fixture: %s at %d", e.text, e.position);
    free(copy);
    return o;
}

#endif
