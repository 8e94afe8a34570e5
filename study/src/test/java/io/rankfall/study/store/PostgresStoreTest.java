package io.rankfall.study.store;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankfall.study.store.StudyStore.Opening;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class PostgresStoreTest extends StudyStoreContract {
  private static PostgresServer server;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    server = PostgresServer.start();
  }

  @AfterAll
  static void stop() throws IOException, InterruptedException {
    if (server != null) {
      server.close();
    }
  }

  @Override
  String newStudy() throws StoreException {
    return server.newStudy();
  }

  @Test
  void aServerThatDoesNotAnswerIsOneLineWithoutThePassword() {
    assertThatThrownBy(
            () ->
                StudyStore.open(
                    "jdbc:postgresql://127.0.0.1:1/x?user=u&password=secret", Opening.EXISTING))
        .isInstanceOf(StoreException.class)
        .hasMessageStartingWith("jdbc:postgresql://127.0.0.1:1/x: ")
        .message()
        .doesNotContain("secret", "\n");
  }
}
