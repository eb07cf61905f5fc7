package io.tensorpool.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.ConfigurationException;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What roles and the rig are told. */
class BenchSettingsTest {
    private static Setting setting(final int sizeBytes, final Flow flow, final double rateHz, final int slots) {
        return new Setting(sizeBytes, Work.TOUCHED, flow, rateHz, slots, new Timing(1, 2.5), new TreeMap<>());
    }

    private static BenchOptions options(
            final List<Subject> subjects, final int runs, final List<String> experiments, final List<Integer> sizes) {
        return new BenchOptions(
                Suite.QUICK, subjects, runs, experiments, sizes, null, BenchOptions.PAUSE_MINUTES_DEFAULT);
    }

    @Test
    void shouldTellRolesInTheProtocolOfThePeers() {
        final Setting setting = setting(4096, Flow.PACED, 1000, 8192);

        assertThat(Subject.peer("c=/opt/peer --fast")
                        .commandOf(Roles.Side.CONSUME, new RoleOptions("/dev/shm/a", 10_001, 1901, setting)))
                .containsExactly(
                        "/opt/peer --fast consume --aeron-dir /dev/shm/a --stream 10001 --ack-stream 1901 --size 4096"
                                .concat(" --work touched --flow paced --rate 1000 --slots 8192 --warmup-seconds 1")
                                .concat(" --seconds 2.5")
                                .split(" ", -1));
    }

    @Test
    void shouldRefuseNumbersOutOfRange() {
        assertThatThrownBy(() -> setting(0, Flow.FREE, 0, 8)).hasMessageStartingWith("--size 0: expected");
        assertThatThrownBy(() -> setting(1, Flow.FREE, 0, 12)).hasMessageStartingWith("--slots 12: expected");
        assertThatThrownBy(() -> setting(1, Flow.FREE, 10, 8)).hasMessageStartingWith("--rate 10.0: expected");
        assertThatThrownBy(() -> setting(1, Flow.PACED, 0, 8)).hasMessageStartingWith("--rate 0.0: expected");
        assertThatThrownBy(() -> setting(1, Flow.PACED, Double.NaN, 8)).hasMessageStartingWith("--rate NaN: expected");
        assertThatThrownBy(() -> new Timing(0, 0)).hasMessageStartingWith("--seconds 0.0: expected");
        assertThatThrownBy(() -> new Timing(-1, 1)).hasMessageStartingWith("--warmup-seconds -1.0: expected");
        assertThatThrownBy(() -> new Timing(Double.NaN, 1)).hasMessageStartingWith("--warmup-seconds NaN: expected");
    }

    @Test
    void shouldKnowWhichPacedFramesAreMeasured() {
        final Setting setting = setting(64, Flow.PACED, 1000, 8);

        assertThat(setting.warmupFrames()).isEqualTo(1000);
        assertThat(setting.measuredFrames()).isEqualTo(2500);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "c", "=x", "c=", "c= ", "C=x", "tensorpool=x", "a b=x"})
    void shouldRefusePeersThatAreNone(final String text) {
        assertThatThrownBy(() -> Subject.peer(text))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("--peer '" + text + "': expected NAME=COMMAND");
    }

    @Test
    void shouldAskPeersOnlyForWhatTheProtocolHas() {
        final Subject peer = Subject.peer("c=x");
        final TreeMap<String, String> extras = new TreeMap<>();
        extras.put(Extras.STREAMS, "2");
        final Setting ofMany = new Setting(64, Work.UNTOUCHED, Flow.FREE, 0, 8, new Timing(0, 1), extras);

        assertThat(peer.canDo().test("throughput", setting(64, Flow.FREE, 0, 8)))
                .isTrue();
        assertThat(peer.canDo().test("streams", setting(64, Flow.FREE, 0, 8))).isFalse();
        assertThat(peer.canDo().test("throughput", ofMany)).isFalse();
    }

    @Test
    void shouldRefuseOptionsOfTheRigThatNameNothing() {
        final List<Subject> one = List.of(Subject.peer("c=x"));

        assertThatThrownBy(() -> options(one, 0, List.of("speed"), List.of()))
                .hasMessage("--experiments 'speed': expected some of " + Bench.experimentNames());
        assertThatThrownBy(() -> options(one, 0, List.of(), List.of(65)))
                .hasMessageStartingWith("--sizes 65: expected");
        assertThatThrownBy(() -> options(one, -1, List.of(), List.of())).hasMessageStartingWith("--runs -1: expected");
        assertThatThrownBy(() -> options(List.of(Subject.peer("c=x"), Subject.peer("c=y")), 0, List.of(), List.of()))
                .hasMessage("subject 'c' is named twice");
    }

    @Test
    void shouldMeasureOnlyThePayloadsThatAreAskedFor() {
        assertThat(options(List.of(), 0, List.of(), List.of(64)).payloads())
                .isNotEmpty()
                .allMatch(payload -> payload.sizeBytes() == 64);
        assertThat(options(List.of(), 0, List.of(), List.of()).payloads()).isEqualTo(Suite.QUICK.payloads());
    }
}
