"""One person may be in by several invites, one after the other, as the same participant."""

from django.db import migrations, models


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
    ]
