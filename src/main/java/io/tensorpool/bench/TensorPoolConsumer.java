package io.tensorpool.bench;

import io.tensorpool.client.Consumer;
import io.tensorpool.client.TensorPoolClient;

/** Receives frames with this implementation: spins, and never rests. */
final class TensorPoolConsumer implements BenchRole {
    private static final int LIMIT = 64;

    @Override
    public void run(final RoleOptions options, final RoleTalk talk) throws InterruptedException {
        if (options.setting().extras().containsKey(Extras.CONSUMERS)) {
            new ParkingConsumers().run(options, talk);
        } else if (options.setting().extras().containsKey(Extras.STREAMS)) {
            new StreamsConsumer().run(options, talk);
        } else {
            receive(options, talk);
        }
    }

    private static void receive(final RoleOptions options, final RoleTalk talk) {
        try (TensorPoolClient client = RoleClients.connect(options, RoleClients.CONSUMER_NAME);
                Consumer consumer = client.addConsumer(options.streamId())) {
            final FrameSink sink = new FrameSink(options.setting(), consumer.counts());
            if (options.setting().flow() == Flow.CONTROLLED) {
                acknowledge(consumer, sink, options, talk);
            } else {
                talk.ready();
                receive(consumer, sink, talk);
            }
            sink.drain(consumer, LIMIT);
            if (options.setting().flow() == Flow.PACED) {
                sink.tellLatencies(talk);
            }
            talk.result(sink.figures());
        }
    }

    private static void receive(final Consumer consumer, final FrameSink sink, final RoleTalk talk) {
        while (!talk.isStopped()) {
            if (consumer.poll(sink, LIMIT) == 0) {
                Thread.onSpinWait();
            }
        }
    }

    private static void acknowledge(
            final Consumer consumer, final FrameSink sink, final RoleOptions options, final RoleTalk talk) {
        try (Acknowledger acknowledger = new Acknowledger(options)) {
            talk.ready();
            while (!talk.isStopped()) {
                final int polled = consumer.poll(sink, LIMIT);
                acknowledger.onPolled(polled, sink.nextSeq());
                if (polled == 0) {
                    Thread.onSpinWait();
                }
            }
        }
    }
}
