//! Queues with their consumers, and topics in front of queues.

use super::Stack;
use super::graph::DEAD_LETTERS_TO;
use crate::resource::function::ScalingConfig;
use crate::resource::schedule::{Schedule, Target};
use crate::resource::{
    DeadLetters, EventSourceMapping, Queue, QueuePolicy, QueueRef, Subscription, Topic, TopicPolicy, TopicRef,
    deliverer,
};
use crate::stage::{Schedule as Times, Stage, TopicArn};
use contracts::{Contract, Message, Published, SettingValue, Sqs, Wires, trigger_variables};
use policies::{CfnString, Grant};

/// How many messages a queue may pass to its consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feeding {
    /// Most messages at a time, 1 to 10.
    pub batch_size: u32,
    /// Most copies of the function at a time, 2 to 1,000.
    pub maximum_concurrency: u32,
}

/// Who may publish to a topic for this account.
pub struct Publishers {
    /// What a person calls them.
    pub words: &'static str,
    /// Their service principals.
    pub services: Vec<&'static str>,
}

impl Stack {
    /// A topic of messages `M` with a fixed name; its ARN becomes an output.
    #[track_caller]
    pub fn topic<M>(&mut self, logical_id: &'static str, output: &'static str) -> TopicRef<M> {
        let topic_name = self.topic_name(logical_id);
        self.add(logical_id, &Topic { topic_name });
        let arn = CfnString::reference(logical_id);
        self.outputs.insert(output, arn.clone());
        TopicRef::new(arn, None)
    }

    pub(super) fn topic_name(&self, logical_id: &str) -> CfnString {
        CfnString::text(format!("{}{}-{logical_id}", Self::name_prefix(&self.stage), self.name))
    }

    /// A topic that services of AWS publish to.
    #[track_caller]
    pub fn service_topic<M>(
        &mut self,
        logical_id: &'static str,
        output: &'static str,
        publishers: &Publishers,
    ) -> TopicRef<M> {
        let topic = self.topic(logical_id, output);
        self.add(&format!("{logical_id}Policy"), &TopicPolicy::for_services(topic.arn.clone(), &publishers.services));
        self.edge(publishers.words, logical_id, "publish to");
        topic
    }

    /// An existing topic; its ARN becomes an output.
    pub fn existing_topic<M>(&mut self, arn: &TopicArn, output: &'static str) -> TopicRef<M> {
        self.outputs.insert(output, CfnString::text(arn.as_str()));
        self.existing_topics.push(arn.clone());
        let region = (*arn.region() != self.region).then(|| arn.region().clone());
        TopicRef::new(CfnString::text(arn.as_str()), region)
    }

    /// The ARN of a topic of a stack of this stage, for use outside that stack.
    pub(crate) fn topic_arn(stage: &Stage, stack: &str, logical_id: &str) -> CfnString {
        CfnString::arn("sns", format!("{}{stack}-{logical_id}", Self::name_prefix(stage)))
    }

    /// Subscribes a queue to a topic.
    #[track_caller]
    pub fn subscribe<M: Message>(&mut self, queue: &QueueRef<Published<M>>, topic: &TopicRef<M>) {
        let id = &queue.logical_id;
        self.add(
            &format!("{id}Subscription"),
            &Subscription {
                endpoint: queue.arn(),
                protocol: "sqs",
                region: topic.region.as_ref().map(|region| region.as_str().to_owned()),
                topic_arn: topic.arn.clone(),
            },
        );
        let here = &self.region;
        let deliverer = deliverer(topic.region.as_ref().unwrap_or(here), here);
        let policy = QueuePolicy::for_topic(topic.arn.clone(), deliverer, queue.arn(), queue.url());
        self.add(&format!("{id}Policy"), &policy);
        // What is published before the queue lets the topic in would be retried, but why wait.
        self.depends(&format!("{id}Subscription"), &format!("{id}Policy"));
        let from = topic.arn.references().next().unwrap_or("an existing topic").to_owned();
        self.edge(&from, id, "delivers to");
    }

    /// A work queue with its dead-letter queue, and the function that it feeds.
    ///
    /// They are made together, so there is no queue without a consumer, and none with two.
    #[track_caller]
    pub fn consumer<W, M>(&mut self, queue: &str, logical_id: &'static str, feeding: Feeding, wiring: W) -> QueueRef<M>
    where
        M: Message,
        W: Wires,
        W::Contract: Contract<Trigger = Sqs<M>>,
    {
        let queue = QueueRef::new(queue);
        let dead_letters = queue.dead_letters();
        let dead_letters_arn = CfnString::attribute(&dead_letters, "Arn");
        self.add(&dead_letters, &DeadLetters::new());
        // The visibility timeout follows from the consumer.
        let limits = W::Contract::LIMITS;
        self.add(&queue.logical_id, &Queue::new(dead_letters_arn.clone(), limits.timeout_seconds));
        self.given_up_alarm(&dead_letters);
        let variables = vec![
            (trigger_variables::SOURCE_QUEUE, queue.url()),
            (trigger_variables::DEAD_LETTER_QUEUE, CfnString::reference(&dead_letters)),
        ];
        let grants =
            vec![Grant::ConsumeMessages { queue: queue.arn() }, Grant::SendMessages { queue: dead_letters_arn }];
        self.function::<W::Contract>(logical_id, wiring.wires(), variables, grants);
        self.edge(&queue.logical_id, &dead_letters, DEAD_LETTERS_TO);
        self.add(
            &format!("{logical_id}Feed"),
            &EventSourceMapping {
                batch_size: feeding.batch_size,
                event_source_arn: queue.arn(),
                function_name: CfnString::reference(logical_id),
                function_response_types: ["ReportBatchItemFailures"],
                scaling_config: ScalingConfig { maximum_concurrency: feeding.maximum_concurrency },
            },
        );
        queue
    }

    /// Makes the address of a queue an output, for its senders.
    pub fn queue_output<M>(&mut self, queue: &QueueRef<M>, output: &'static str) {
        self.outputs.insert(output, queue.url());
    }

    /// Sends a message to a queue at certain times of the stage's time zone.
    #[track_caller]
    pub fn send_on_schedule<M>(
        &mut self,
        logical_id: &'static str,
        queue: &QueueRef<M>,
        times: &Times,
        message: &'static str,
    ) {
        let role = format!("{logical_id}Role");
        let dead_letters_arn = CfnString::attribute(queue.dead_letters(), "Arn");
        let grants =
            [Grant::SendMessages { queue: dead_letters_arn.clone() }, Grant::SendMessages { queue: queue.arn() }];
        self.role_for(logical_id, &role, "scheduler.amazonaws.com", &grants);
        let target = Target {
            arn: queue.arn(),
            input: message,
            role: CfnString::attribute(&role, "Arn"),
            dead_letters: dead_letters_arn,
        };
        let description = format!("Sends to {} of stage {}", self.name, self.stage.name);
        let schedule = Schedule::of(target, times.as_str().to_owned(), self.stage.time_zone.render(), description);
        self.add(logical_id, &schedule);
    }
}
