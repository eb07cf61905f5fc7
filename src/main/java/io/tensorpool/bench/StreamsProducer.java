package io.tensorpool.bench;

import io.tensorpool.TensorPoolException;
import io.tensorpool.client.Producer;
import io.tensorpool.client.ProducerOptions;
import io.tensorpool.client.TensorPoolClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Publishes on many streams in turn, from one thread: each round is a frame on every stream. */
final class StreamsProducer implements BenchRole {
    private static final int FRAMES_PER_LOOK_AT_CLOCK = 64;

    @Override
    public void run(final RoleOptions options, final RoleTalk talk) throws InterruptedException {
        final Setting setting = options.setting();
        final int streams = setting.extra(Extras.STREAMS);
        try (TensorPoolClient client = TensorPoolClient.connect(StreamsEndpoints.context(options, "bench-producer"))) {
            final List<Producer> producers = RoleClients.addAll(
                    streams,
                    i -> client.asyncAddProducer(ProducerOptions.of(options.streamId() + i)
                            .withDescriptorEndpoint(StreamsEndpoints.descriptors(options, i))));
            final List<FrameSender> senders = new ArrayList<>();
            for (final Producer producer : producers) {
                senders.add(new FrameSender(producer, setting));
            }
            for (final Producer producer : producers.subList(0, setting.extra(Extras.CONSUMED))) {
                if (!producer.awaitConnected(RoleClients.CONNECT_TIMEOUT)) {
                    throw new TensorPoolException(producer + ": no consumer came");
                }
            }
            talk.ready();
            talk.result(publish(senders.toArray(FrameSender[]::new), options, talk));
            talk.awaitStop();
        }
    }

    private static Map<String, Long> publish(
            final FrameSender[] senders, final RoleOptions options, final RoleTalk talk) {
        try (FlowControl flow = new FlowControl(options)) {
            final Window window = new Window(options.setting().timing(), new Sum(List.of(senders), flow));
            final int rounds = Math.max(1, FRAMES_PER_LOOK_AT_CLOCK / senders.length);
            long round = 0;
            long announcedRound = 0;
            long backPressured = 0;
            long busyNs = 0;
            long frames = 0;
            while (!talk.isStopped() && !window.isOver()) {
                if (!flow.mayPublish(round + rounds, announcedRound)) {
                    Thread.onSpinWait();
                    continue;
                }
                final long beginNs = System.nanoTime();
                for (int i = 0; i < rounds; i++) {
                    for (final FrameSender sender : senders) {
                        sender.send();
                    }
                }
                round += rounds;
                if (window.isMeasuring()) {
                    busyNs += System.nanoTime() - beginNs;
                    frames += (long) rounds * senders.length;
                }
                final long backPressuredNow = backPressured(senders);
                if (backPressuredNow == backPressured) {
                    announcedRound = round;
                } else {
                    backPressured = backPressuredNow;
                    flow.onBackPressure();
                }
            }
            flow.awaitAcknowledged(announcedRound, talk);
            final Map<String, Long> figures = window.figures();
            figures.put("busy_ns", busyNs);
            figures.put("busy_frames", frames);
            return figures;
        }
    }

    private static long backPressured(final FrameSender[] senders) {
        long sum = 0;
        for (final FrameSender sender : senders) {
            sum += sender.backPressured();
        }
        return sum;
    }

    /** Of all streams together. */
    private record Sum(List<FrameSender> senders, FlowControl flow) implements Window.Counts {
        @Override
        public long frames() {
            return flow.poll() * senders.size();
        }

        @Override
        public long published() {
            return senders.stream().mapToLong(FrameSender::published).sum();
        }

        @Override
        public long backPressured() {
            return senders.stream().mapToLong(FrameSender::backPressured).sum();
        }
    }
}
