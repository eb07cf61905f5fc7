package io.tensorpool.bench;

import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** When a producer publishes, whatever it publishes with. */
final class ProducerLoop {
    private static final int FRAMES_PER_LOOK_AT_CLOCK = 16;

    private ProducerLoop() {}

    /** Publishes for as long as the setting says; returns what the producer's result says. */
    static Map<String, Long> run(final Sender sender, final RoleOptions options, final RoleTalk talk) {
        return switch (options.setting().flow()) {
            case CONTROLLED -> controlled(sender, options, talk);
            case FREE -> free(sender, options.setting(), talk);
            case PACED -> paced(sender, options.setting(), talk);
        };
    }

    private static Map<String, Long> controlled(final Sender sender, final RoleOptions options, final RoleTalk talk) {
        try (FlowControl flow = new FlowControl(options)) {
            final Window window = new Window(options.setting().timing(), sender.counts(flow::poll));
            long seq = 0;
            long announcedSeq = 0;
            while (!talk.isStopped() && !window.isOver()) {
                for (int i = 0; i < FRAMES_PER_LOOK_AT_CLOCK && flow.mayPublish(seq, announcedSeq); i++) {
                    final long published = sender.published();
                    sender.send();
                    seq++;
                    if (sender.published() > published) {
                        announcedSeq = seq;
                    } else {
                        flow.onBackPressure();
                    }
                }
            }
            flow.awaitAcknowledged(announcedSeq, talk);
            return window.figures();
        }
    }

    private static Map<String, Long> free(final Sender sender, final Setting setting, final RoleTalk talk) {
        final Window window = new Window(setting.timing(), sender.counts(sender::published));
        while (!talk.isStopped() && !window.isOver()) {
            for (int i = 0; i < FRAMES_PER_LOOK_AT_CLOCK; i++) {
                sender.send();
            }
        }
        return window.figures();
    }

    private static Map<String, Long> paced(final Sender sender, final Setting setting, final RoleTalk talk) {
        final long frames = setting.warmupFrames() + setting.measuredFrames();
        final BooleanSupplier stopped = talk::isStopped;
        final LongSupplier published = sender::published;
        final Window window = new Window(setting.timing(), sender.counts(published));
        final Pacer pacer = new Pacer(setting.rateHz());
        pacer.awaitSlot(stopped); // the first one is due at once, before anybody can be ready for it
        for (long i = 0; i < frames && !talk.isStopped(); i++) {
            final long dueNs = pacer.awaitSlot(stopped);
            sender.send(dueNs);
            window.isOver();
        }
        return window.figures();
    }
}
