package io.tensorpool.shm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.ConfigurationException;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlatformTest {
    @Test
    void shouldKnowThisPlatform() {
        assertThat(Platform.check()).isIn(Platform.X86_64, Platform.AARCH64);
    }

    @ParameterizedTest
    @CsvSource({"amd64,X86_64", "x86_64,X86_64", "aarch64,AARCH64"})
    void shouldTellArchitecturesApart(final String arch, final Platform expected) {
        assertThat(Platform.of("Linux", arch, ByteOrder.LITTLE_ENDIAN)).isEqualTo(expected);
    }

    @Test
    void shouldHaveTheOpenFlagsOfEachArchitecture() {
        assertThat(Platform.X86_64.openDirectory).isEqualTo(0200000);
        assertThat(Platform.X86_64.openNoFollow).isEqualTo(0400000);
        assertThat(Platform.AARCH64.openDirectory).isEqualTo(040000);
        assertThat(Platform.AARCH64.openNoFollow).isEqualTo(0100000);
    }

    @ParameterizedTest
    @CsvSource({"Mac OS X,aarch64", "Windows 11,amd64", "Linux,riscv64", "Linux,x86"})
    void shouldRefuseOthersAndNameThem(final String osName, final String arch) {
        assertThatThrownBy(() -> Platform.of(osName, arch, ByteOrder.LITTLE_ENDIAN))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(osName)
                .hasMessageContaining(arch);
    }

    @Test
    void shouldRefuseBigEndian() {
        assertThatThrownBy(() -> Platform.of("Linux", "aarch64", ByteOrder.BIG_ENDIAN))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("BIG_ENDIAN");
    }
}
