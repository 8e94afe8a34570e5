package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class InParallelTest {

  @Test
  void resultsKeepTheOrderOfTheirInputs() throws IOException, InterruptedException {
    CountDownLatch second = new CountDownLatch(1);
    List<Integer> squares =
        InParallel.map(
            2,
            List.of(3, 4),
            n -> {
              if (n == 3) {
                second.await();
              } else {
                second.countDown();
              }
              return n * n;
            });
    assertThat(squares).containsExactly(9, 16);
  }

  @Test
  @Timeout(20)
  void aFailureInterruptsTheOthersAtOnce() {
    AtomicBoolean interrupted = new AtomicBoolean();
    CountDownLatch first = new CountDownLatch(1);
    assertThatThrownBy(
            () ->
                InParallel.map(
                    2,
                    List.of("waits", "fails"),
                    what -> {
                      if (what.equals("waits")) {
                        first.countDown();
                        try {
                          new CountDownLatch(1).await();
                        } catch (InterruptedException e) {
                          interrupted.set(true);
                          throw e;
                        }
                      }
                      first.await();
                      throw new IOException("disk");
                    }))
        .isInstanceOf(IOException.class)
        .hasMessage("disk");
    assertThat(interrupted).isTrue();
  }
}
