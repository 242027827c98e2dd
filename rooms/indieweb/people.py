"""What we keep of somebody who has signed in: their name, and a photo that we encoded ourselves."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from rooms import fetching
from rooms.entry.passes import clean_name
from rooms.indieweb import microformats, photos
from rooms.indieweb.indieauth import HTML, MAX_PAGE, Deadline, Proof, SignInError
from rooms.indieweb.microformats import Card
from rooms.models import SiteProfile

logger = logging.getLogger(__name__)


# A person who comes again is asked again, so this is long.
KEPT = timedelta(days=90)


def forget_old(now: datetime) -> int:
    """Forget people who have not signed in for long, with their photos; return how many."""
    return delete(SiteProfile.objects.filter(fetched__lt=now - KEPT))


def delete(profiles: QuerySet[SiteProfile]) -> int:
    """Delete profiles with their photos; return how many."""
    rows = list(profiles)
    SiteProfile.objects.filter(pk__in=[row.pk for row in rows]).delete()
    for row in rows:
        if row.photo:
            row.photo.storage.delete(str(row.photo.name))
    return len(rows)


def remember(proof: Proof, deadline: Deadline) -> SiteProfile:
    """Write down who has signed in. What their site does not tell in time stays as it was."""
    said = _card(proof, deadline)
    photo = None
    try:
        if said.photo:
            photo = photos.fetch_photo(said.photo, deadline.seconds())
    except SignInError as exc:
        logger.info("x no photo of %s: %s", proof.me, exc)
    # Two tabs may sign in at once: each photo must be deleted by whoever replaces it.
    with transaction.atomic():
        SiteProfile.objects.get_or_create(me=proof.me)
        profile = SiteProfile.objects.select_for_update().get(me=proof.me)
        before = profile.photo.name
        profile.name = clean_name(said.name) or profile.name
        profile.fetched = timezone.now()
        if photo is not None:
            profile.photo.save(photo.name or "", photo, save=False)
        profile.save()
    if photo is not None and before:
        profile.photo.storage.delete(before)
    return profile


def _card(proof: Proof, deadline: Deadline) -> Card:
    """From the server's answer, and where that is silent, from the h-card of their page."""
    said = {k: v for k, v in proof.profile.items() if isinstance(v, str) and len(v) <= 2000}
    name = said.get("name", "")
    photo = _photo(proof.me, said.get("photo", ""))
    if name and photo:
        return Card(name, proof.me, photo)
    try:
        page = proof.page or fetching.fetch(
            proof.me, seconds=deadline.seconds(), accept=HTML, max_bytes=MAX_PAGE
        )
    except (fetching.FetchError, SignInError) as exc:
        logger.info("x the page of %s was not read: %s", proof.me, exc)
        return Card(name, proof.me, photo)
    own = microformats.representative(microformats.parse(page), proof.me)
    return Card(name or own.name, proof.me, photo or own.photo)


def _photo(me: str, said: str) -> str:
    """The address of a photo that the server of ``me`` has named, or nothing."""
    try:
        return microformats.web(fetching.join(me, said)) if said else ""
    except fetching.Refused:
        return ""
