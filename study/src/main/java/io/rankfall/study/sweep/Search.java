package io.rankfall.study.sweep;

import io.rankfall.study.store.Provenance;
import io.rankfall.study.store.SearchClaim;
import java.io.IOException;
import java.nio.file.Path;

/** One search for the smallest networks that a run allows. */
final class Search implements Attempt {
  private final SearchClaim claim;
  private final Path checkpoint;
  private final Provenance provenance;
  private final Searches searches;
  private final SweepListener listener;
  private boolean ended;

  Search(
      SearchClaim claim,
      Path checkpoint,
      Provenance provenance,
      Searches searches,
      SweepListener listener) {
    this.claim = claim;
    this.checkpoint = checkpoint;
    this.provenance = provenance;
    this.searches = searches;
    this.listener = listener;
  }

  @Override
  public Message.Order order() throws IOException {
    claim.started(provenance);
    listener.onSearch(claim.spec());
    return new Message.Search(claim.spec(), checkpoint.toString());
  }

  @Override
  public void hear(Message message) throws IOException {
    if (message instanceof Message.Found found) {
      claim.found(found.compressibility());
      ended = true;
      listener.onSearched(claim.spec(), found.compressibility(), found.seconds());
    } else if (message instanceof Message.Unsearchable unsearchable) {
      claim.abandoned(unsearchable.reason());
      without(unsearchable.reason());
    } else if (message instanceof Message.Failed failed) {
      failed(failed.message());
    }
  }

  @Override
  public void failed(String message) throws IOException {
    if (claim.crashed(message)) {
      ended = true;
      listener.onNote(
          "run %s: compressibility will be searched again: %s".formatted(claim.run(), message));
    } else {
      without(message);
    }
  }

  private void without(String why) {
    ended = true;
    searches.leaveOut(claim.run());
    listener.onNote("run %s stays without compressibility: %s".formatted(claim.run(), why));
    listener.onSearched(claim.spec(), null, 0);
  }

  @Override
  public boolean hasEnded() {
    return ended;
  }
}
