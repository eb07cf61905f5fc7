package io.tensorpool.bench;

import io.tensorpool.client.Consumer;
import io.tensorpool.client.TensorPoolClient;

/** Receives frames with this implementation: spins, and never rests. */
final class TensorPoolConsumer implements BenchRole {
    private static final int LIMIT = 64;
    /** A poll that finds fewer is at the producer's heels, where both pay for every line that they take from each other. */
    private static final int FEW = 16;

    private static final int SLOTS_PER_PAUSE = 8;

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
            switch (options.setting().flow()) {
                case CONTROLLED -> receiveControlled(consumer, sink, options, talk);
                case FREE -> receiveFree(consumer, sink, options.setting(), talk);
                case PACED -> receivePaced(consumer, sink, talk);
            }
            sink.drain(consumer, LIMIT);
            if (options.setting().flow() == Flow.PACED) {
                sink.tellLatencies(talk);
            }
            talk.result(sink.figures());
        }
    }

    /**
     * Without a branch on what a poll brought: while none brings any, the loop is compiled without the other way, and the
     * first frame would have to wait until it is compiled anew.
     */
    private static void receivePaced(final Consumer consumer, final FrameSink sink, final RoleTalk talk) {
        talk.ready();
        while (!talk.isStopped()) {
            consumer.poll(sink, LIMIT);
            Thread.onSpinWait();
        }
    }

    private static void receiveFree(
            final Consumer consumer, final FrameSink sink, final Setting setting, final RoleTalk talk) {
        talk.ready();
        while (!talk.isStopped()) {
            relax(consumer.poll(sink, LIMIT), setting);
        }
    }

    private static void receiveControlled(
            final Consumer consumer, final FrameSink sink, final RoleOptions options, final RoleTalk talk) {
        try (Acknowledger acknowledger = new Acknowledger(options)) {
            talk.ready();
            while (!talk.isStopped()) {
                final int polled = consumer.poll(sink, LIMIT);
                acknowledger.onPolled(polled, sink.nextSeq());
                relax(polled, options.setting());
            }
        }
    }

    /** Lets the producer get ahead, by a small part of the ring. */
    static void relax(final int polled, final Setting setting) {
        if (polled < FEW) {
            for (int i = setting.slots() / SLOTS_PER_PAUSE; i > 0; i--) {
                Thread.onSpinWait();
            }
        }
    }
}
