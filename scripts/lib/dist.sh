# To be sourced after lib/jdk.sh: . "$here/lib/dist.sh"; ensure_distribution "$root"
# shellcheck shell=sh

# True when the distribution is there and nothing it is made of is newer.
distribution_is_fresh() {
  # The archive is the last thing a build makes; the files inside have the time of the release.
  _archive=$(ls -t "$1"/node/target/registry-*.tar.gz 2>/dev/null | head -n 1)
  [ -n "$_archive" ] && [ -x "$1/node/target/registry/bin/registry" ] || return 1
  _newer=$(find "$1/pom.xml" "$1"/*/pom.xml "$1/protocol/src/main" "$1/storage/src/main" \
    "$1/http-gateway/src/main" "$1/node/src/main" -newer "$_archive" -type f 2>/dev/null | head -n 1)
  [ -z "$_newer" ]
}

# Builds node/target/registry unless it is fresh. Says what it does on stderr; stdout stays clean.
ensure_distribution() {
  distribution_is_fresh "$1" && return 0
  ensure_jdk_and_maven
  echo "Building the distribution (the first build fetches libraries, later ones take seconds) ..." >&2
  if ! (cd "$1" && mvn -B -q -ntp -Dstyle.color=never -Dquick -DskipTests package >&2); then
    echo "The build failed; its messages are above. The same by hand: mvn -Dquick -DskipTests package" >&2
    exit 1
  fi
}
