package io.tensorpool.driver;

import static io.tensorpool.driver.DriverRig.ANNOUNCE_NS;
import static io.tensorpool.driver.DriverRig.LEASE_NS;
import static io.tensorpool.driver.DriverRig.STREAM_ID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.ConfigurationException;
import io.tensorpool.Role;
import io.tensorpool.driver.DriverTimings.Kind;
import io.tensorpool.support.ShmDirectory;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.text.MessageFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** What a driver measures, and how its histograms come into the log. */
class DriverTimingsTest {
    private static final long INTERVAL_NS = TimeUnit.SECONDS.toNanos(10);

    @Test
    void shouldMeasureFromTheRequestToTheAnswer() {
        run(rig -> {
            rig.files.hold();
            rig.attach(1, STREAM_ID, 5, Role.PRODUCER);
            rig.run();
            rig.files.release();
            rig.run(700);
            rig.attach(2, STREAM_ID, 6, Role.CONSUMER);
            rig.run();
            rig.detach(3, 2, 6, Role.CONSUMER);
            rig.detach(4, 2, 6, Role.CONSUMER);
            rig.run();

            assertThat(rig.timings.get(Kind.ATTACH)).containsExactly(700L, 0L);
            assertThat(rig.timings.get(Kind.DETACH)).containsExactly(0L);
        });
    }

    @Test
    void shouldMeasureGapsAndDelays() {
        run(rig -> {
            rig.attachProducer();
            rig.clock.advance(400);
            rig.client.keepalive(1, STREAM_ID, 5, Role.PRODUCER, 0);
            rig.run();
            rig.client.keepalive(1, STREAM_ID, 5, Role.PRODUCER, 0);
            rig.run(500);
            assertThat(rig.timings.get(Kind.KEEPALIVE_GAP)).containsExactly(400L, 500L);

            rig.run(ANNOUNCE_NS);
            assertThat(rig.timings.get(Kind.ANNOUNCE_GAP))
                    .as("the first has none before it")
                    .containsExactly(ANNOUNCE_NS + 900);

            rig.run(LEASE_NS - ANNOUNCE_NS + 30);
            assertThat(rig.timings.get(Kind.EXPIRY_DELAY)).containsExactly(30L);
        });
    }

    private static void run(final java.util.function.Consumer<DriverRig> test) {
        try (ShmDirectory directory = ShmDirectory.create();
                DriverRig rig = new DriverRig(directory.path())) {
            test.accept(rig);
        }
    }

    private static List<String> logged(final Runnable action) {
        final List<String> messages = new ArrayList<>();
        final Logger logger = Logger.getLogger(DriverHistograms.class.getName());
        final Handler handler = new Handler() {
            @Override
            public void publish(final LogRecord entry) {
                messages.add(new MessageFormat(entry.getMessage(), Locale.ROOT).format(entry.getParameters()));
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
        try {
            action.run();
        } finally {
            logger.setUseParentHandlers(true);
            logger.removeHandler(handler);
        }
        return messages;
    }

    @Test
    void shouldLogOncePerIntervalWhatWasMeasuredInIt() {
        final DriverTimings timings = DriverTimings.of(INTERVAL_NS);
        final List<String> first = logged(() -> {
            timings.report(5);
            for (int i = 1; i <= 100; i++) {
                timings.record(Kind.DUTY_CYCLE, i);
            }
            timings.record(Kind.ATTACH, 50);
            timings.report(5 + INTERVAL_NS - 1);
        });
        assertThat(first).isEmpty();

        final List<String> second = logged(() -> {
            timings.report(5 + INTERVAL_NS);
            timings.report(5 + INTERVAL_NS + 1);
        });
        assertThat(second)
                .containsExactly(
                        "duty_cycle: n 100, p50 50 ns, p99 99 ns, max 100 ns",
                        "attach: n 1, p50 50 ns, p99 50 ns, max 50 ns");

        final List<String> third = logged(() -> {
            timings.record(Kind.DUTY_CYCLE, 7);
            timings.report(5 + 2 * INTERVAL_NS);
        });
        assertThat(third).as("begun anew").containsExactly("duty_cycle: n 1, p50 7 ns, p99 7 ns, max 7 ns");
    }

    @Test
    void shouldTakeAnyDuration() {
        final DriverTimings timings = DriverTimings.of(INTERVAL_NS);
        final List<String> messages = logged(() -> {
            timings.report(0);
            timings.record(Kind.EXPIRY_DELAY, -1);
            timings.record(Kind.EXPIRY_DELAY, Long.MAX_VALUE);
            timings.report(INTERVAL_NS);
        });

        assertThat(messages).singleElement().asString().startsWith("expiry_delay: n 2, p50 0 ns, p99 3,6");
    }

    @Test
    void shouldMeasureNothingUnlessToldTo() {
        assertThat(DriverTimings.of(0)).isSameAs(DriverTimings.NONE);
        assertThat(logged(() -> {
                    DriverTimings.NONE.report(0);
                    DriverTimings.NONE.record(Kind.ATTACH, 1);
                    DriverTimings.NONE.report(Long.MAX_VALUE);
                }))
                .isEmpty();
    }

    @Test
    void shouldSayWhichDependencyIsMissing() throws Exception {
        final ClassLoader withoutHistograms = new ClassLoader(getClass().getClassLoader()) {
            @Override
            protected Class<?> loadClass(final String name, final boolean resolve) throws ClassNotFoundException {
                if (name.startsWith("org.HdrHistogram.")) {
                    throw new ClassNotFoundException(name);
                }
                if (!name.startsWith("io.tensorpool.driver.")) {
                    return super.loadClass(name, resolve);
                }
                synchronized (getClassLoadingLock(name)) {
                    final Class<?> loaded = findLoadedClass(name);
                    return loaded != null ? loaded : define(name);
                }
            }

            private Class<?> define(final String name) throws ClassNotFoundException {
                try (var in = getResourceAsStream(name.replace('.', '/') + ".class")) {
                    final byte[] bytes = in.readAllBytes();
                    return defineClass(name, bytes, 0, bytes.length);
                } catch (final IOException ex) {
                    throw new ClassNotFoundException(name, ex);
                }
            }
        };
        final Method of =
                withoutHistograms.loadClass(DriverTimings.class.getName()).getDeclaredMethod("of", long.class);
        of.setAccessible(true);

        assertThat(of.invoke(null, 0L)).isNotNull();
        assertThatThrownBy(() -> of.invoke(null, 1L))
                .isInstanceOf(InvocationTargetException.class)
                .cause()
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("policies.histogram_interval_ms needs org.hdrhistogram:HdrHistogram on the class path");
    }
}
