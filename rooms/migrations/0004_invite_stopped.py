"""An invite may be stopped for newcomers. Until now a ban did that to the invite of whoever was removed."""

from django.db import migrations, models


def stop_invites_of_bans(apps, schema_editor):  # type: ignore[no-untyped-def]
    """What was closed stays closed, and can be seen and undone now."""
    bans = apps.get_model("rooms", "Ban").objects.exclude(invite=None)
    invites = apps.get_model("rooms", "Invite").objects
    invites.filter(pk__in=bans.values("invite")).update(stopped=True)


class Migration(migrations.Migration):
    dependencies = [("rooms", "0003_arrival")]

    operations = [
        migrations.AlterField(
            model_name="invite",
            name="revoked",
            field=models.BooleanField(
                default=False,
                help_text="Nobody gets in by it, and who is in has to go.",
                verbose_name="revoked",
            ),
        ),
        migrations.AddField(
            model_name="invite",
            name="stopped",
            field=models.BooleanField(
                default=False,
                help_text="Nobody new gets in by it. Whoever came by it before stays, and can come back.",
                verbose_name="stopped for newcomers",
            ),
        ),
        migrations.RunPython(stop_invites_of_bans, migrations.RunPython.noop),
    ]
