package io.tensorpool.driver;

import static io.tensorpool.driver.DriverRig.ANNOUNCE_NS;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.PoolSpec;
import io.tensorpool.Role;
import io.tensorpool.StreamProfile;
import io.tensorpool.support.ShmDirectory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Many streams whose times come together are served in turns. */
class DriverManyStreamsTest {
    private static final int STREAMS = 200;
    private static final int PER_DUTY_CYCLE = 64;

    private final ShmDirectory directory = ShmDirectory.create();
    private final DriverRig rig = new DriverRig(
            directory.path(),
            new DriverContext()
                    .addProfile(new StreamProfile("tiny", 1, List.of(new PoolSpec(1, 64))))
                    .allowDynamicStreams(true)
                    .dynamicStreamRange(new StreamIdRange(20_000, 29_999))
                    .announcePeriodNs(ANNOUNCE_NS)
                    .expiryGraceIntervals(1_000),
            1_000,
            true);

    @BeforeEach
    void attach() {
        for (int i = 0; i < STREAMS; i++) {
            rig.attach(i, 20_000 + i, i + 1, Role.CONSUMER);
        }
        assertThat(rig.run().stream().filter(line -> line.startsWith("attached")))
                .hasSize(STREAMS);
    }

    @AfterEach
    void close() {
        rig.close();
        directory.close();
        assertThat(rig.errors).isEmpty();
    }

    @Test
    void shouldSpreadAnnouncesOverDutyCyclesAndForgetNoStream() {
        rig.clock.advance(ANNOUNCE_NS);
        final List<String> heard = new ArrayList<>();
        final List<Integer> perCycle = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            rig.conductor.doWork();
            final List<String> ofCycle = rig.hear();
            perCycle.add(ofCycle.size());
            heard.addAll(ofCycle);
        }

        assertThat(perCycle)
                .containsExactly(PER_DUTY_CYCLE, PER_DUTY_CYCLE, PER_DUTY_CYCLE, STREAMS - 3 * PER_DUTY_CYCLE, 0);
        assertThat(new HashSet<>(heard)).hasSize(STREAMS).allMatch(line -> line.startsWith("announce"));
    }

    @Test
    void shouldGiveEveryStreamItsTurnThoughTheyCannotAllHaveOneInAPeriod() {
        final HashSet<String> epochs = new HashSet<>();
        for (int i = 0; i < 5; i++) {
            rig.clock.advance(ANNOUNCE_NS);
            rig.conductor.doWork();
            rig.hear().forEach(line -> epochs.add(line.split(" ")[1]));
        }

        assertThat(epochs).hasSize(STREAMS);
    }

    @Test
    void shouldAnswerWhileAnnouncesAreDue() {
        rig.clock.advance(ANNOUNCE_NS);
        rig.attach(7_777, 20_000, 7_777, Role.CONSUMER);
        rig.conductor.doWork();

        assertThat(rig.hear()).hasSize(1 + PER_DUTY_CYCLE).first().asString().startsWith("attached 7777 ");
    }
}
