package io.tensorpool.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.TensorPoolException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineTest {
    @TempDir
    Path root;

    @Test
    void shouldReadWhatTheKernelTells() throws IOException {
        write("proc/cpuinfo", "processor\t: 0\nmodel name\t: Some CPU @ 3.0: GHz\nflags\t\t: fpu hypervisor sse\n");
        write("proc/meminfo", "MemTotal:       2048 kB\nMemFree:  1 kB\n");
        write("proc/sys/kernel/osrelease", "6.18.0-test\n");
        write("sys/kernel/mm/transparent_hugepage/shmem_enabled", "always within_size [advise] never deny force\n");
        write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");

        final Machine machine = Machine.read(root);

        assertThat(machine.cpu()).isEqualTo("Some CPU @ 3.0: GHz");
        assertThat(machine.isVirtual()).isTrue();
        assertThat(machine.memoryBytes()).isEqualTo(2L << 20);
        assertThat(machine.kernel()).endsWith(" 6.18.0-test");
        assertThat(machine.shmemHugePages()).isEqualTo("advise");
        assertThat(machine.governor()).isEqualTo("performance");
        assertThat(machine.processors()).isPositive();
        assertThat(machine.jdk()).contains(System.getProperty("java.runtime.version"));
    }

    @Test
    void shouldNameAProcessorByItsNumbersWhereItHasNoName() throws IOException {
        write("proc/cpuinfo", "processor : 0\nCPU implementer : 0x41\nCPU part : 0xd0c\n");

        assertThat(Machine.read(root).cpu()).isEqualTo("implementer 0x41, part 0xd0c");
    }

    @Test
    void shouldSayUnknownWhereNothingCanBeRead() {
        final Machine machine = Machine.read(root);

        assertThat(machine.cpu()).isEqualTo("unknown");
        assertThat(machine.isVirtual()).isFalse();
        assertThat(machine.memoryBytes()).isZero();
        assertThat(machine.shmemHugePages()).isEqualTo("unknown");
        assertThat(machine.governor()).isEqualTo("unknown");
    }

    @Test
    void shouldReadThisMachine() {
        assertThat(Machine.read().memoryBytes()).isPositive();
        assertThat(Load.read().fifteenMinutes()).isNotNegative();
    }

    @Test
    void shouldReadTheThreeAveragesOfTheLoad() throws IOException {
        write("proc/loadavg", "1.50 0.25 0.05 3/87 22590\n");

        assertThat(Load.read(root.resolve("proc/loadavg"))).isEqualTo(new Load(1.5, 0.25, 0.05));
    }

    @Test
    void shouldSayWhichFileHoldsNoLoad() throws IOException {
        write("proc/loadavg", "busy\n");

        assertThatThrownBy(() -> Load.read(root.resolve("proc/loadavg")))
                .isInstanceOf(TensorPoolException.class)
                .hasMessageContaining("proc/loadavg")
                .hasMessageContaining("three averages");
    }

    private void write(final String file, final String text) throws IOException {
        final Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }
}
