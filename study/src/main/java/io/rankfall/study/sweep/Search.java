package io.rankfall.study.sweep;

import io.rankfall.study.store.Provenance;
import io.rankfall.study.store.SearchClaim;
import java.io.IOException;
import java.nio.file.Path;

/** One search for the smallest networks that a run allows. */
final class Search implements Attempt {
  private final SweepExecution execution;
  private final SearchClaim claim;
  private final Path checkpoint;
  private final Provenance provenance;
  private boolean ended;

  Search(SweepExecution execution, SearchClaim claim, Path checkpoint, Provenance provenance) {
    this.execution = execution;
    this.claim = claim;
    this.checkpoint = checkpoint;
    this.provenance = provenance;
  }

  @Override
  public Message.Order order() throws IOException {
    claim.started(provenance);
    execution.listener().onSearch(claim.spec());
    return new Message.Search(claim.spec(), checkpoint.toString());
  }

  @Override
  public void hear(Message message) throws IOException {
    if (message instanceof Message.Found found) {
      claim.found(found.compressibility());
      ended = true;
      execution.listener().onSearched(claim.spec(), found.compressibility(), found.seconds());
    } else if (message instanceof Message.Unsearchable unsearchable) {
      claim.abandoned(unsearchable.reason());
      without("compressibility is not searched: " + unsearchable.reason());
    } else if (message instanceof Message.Failed failed) {
      failed(failed.message());
    }
  }

  @Override
  public void failed(String message) throws IOException {
    if (claim.crashed(message)) {
      again(message);
    } else {
      without("run %s stays without compressibility: %s".formatted(claim.run(), message));
    }
  }

  @Override
  public void lost(String message) throws IOException {
    claim.lost(message);
    again(message);
  }

  private void again(String why) {
    ended = true;
    execution.note(
        "run %s: compressibility will be searched again: %s".formatted(claim.run(), why));
  }

  private void without(String note) {
    ended = true;
    execution.searches().leaveOut(claim.run());
    execution.note(note);
    execution.listener().onSearched(claim.spec(), null, 0);
  }

  @Override
  public boolean hasEnded() {
    return ended;
  }
}
