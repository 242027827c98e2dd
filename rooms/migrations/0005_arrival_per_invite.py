"""One person may be in by several invites, one after the other, as the same participant."""

from django.db import migrations, models
from django.db.models import Exists, OuterRef, Q


def keep_newest_arrival(apps, schema_editor):  # type: ignore[no-untyped-def]
    """On the way back each participant may have one row again."""
    arrivals = apps.get_model("rooms", "Arrival").objects
    later = Q(since__gt=OuterRef("since")) | Q(since=OuterRef("since"), pk__gt=OuterRef("pk"))
    newer = arrivals.filter(later, participant=OuterRef("participant"))
    arrivals.filter(
        pk__in=list(arrivals.filter(Exists(newer)).values_list("pk", flat=True))
    ).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("rooms", "0004_invite_stopped"),
    ]

    operations = [
        migrations.AlterField(
            model_name="arrival",
            name="participant",
            field=models.CharField(max_length=40),
        ),
        migrations.AddConstraint(
            model_name="arrival",
            constraint=models.UniqueConstraint(
                fields=("participant", "invite"), name="one_arrival_per_invite"
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, keep_newest_arrival),
    ]
